import { Command } from 'commander'
import { ROLE_FACTS, type Role } from '../roles/role.js'
import { withRoles } from './run.js'

/** The command that runs a role by itself. */
export function roleCommand(role: Role): Command {
  const command = new Command(role).description(`runs this role alone: ${ROLE_FACTS[role].does}`)
  return withRoles(
    command,
    [role],
    (_config, { url }, tookMs) =>
      `Tidemark ${role} runs (${(tookMs / 1000).toFixed(1)} s) at ${url}: /metrics, /-/healthy, /-/ready\n`,
  ).addHelpText(
    'after',
    `
Any number of processes of a role share the work. All read the same config, which names the engines that they share
(kafka, redis, victoriametrics, s3, catalog, temporal); what a process keeps for itself lies in a folder of its own in
data.dir.

Examples:
  $ tidemark ${role} --config cluster.yaml
  $ tidemark ${role} --config cluster.yaml --port 0      another one on the same machine

Ctrl-C or SIGTERM stops it cleanly; what it had in hand goes on in another process, or at the next start.`,
  )
}
