import { Command } from 'commander'
import type { Tidemark } from '../main.js'
import { ROLES } from '../roles/role.js'
import type { Config } from '../schemas/config/schema.js'
import { withRoles } from './run.js'

export function upCommand(): Command {
  const command = new Command('up').description(
    'runs every role in one process (queries in a child of it), on embedded engines where the config names no other',
  )
  return withRoles(command, ROLES, banner).addHelpText(
    'after',
    `
Examples:
  $ tidemark up
  $ tidemark up --data /var/lib/tidemark --port 9090
  $ TIDEMARK_COLLECTOR_ENABLED=false tidemark up --config tidemark.yaml

Ctrl-C stops it cleanly; the next start goes on where it stopped. Log lines (JSON) go to stderr.`,
  )
}

/** What a user needs to know first. */
function banner(config: Config, { url }: Tidemark, tookMs: number): string {
  const statsd = config.statsd.enabled ? `\n  StatsD           udp+tcp ${config.statsd.host}:${config.statsd.port}` : ''
  const host = config.collector.enabled
    ? `This host's metrics come in every ${config.collector.interval}: try host_cpu_usage_percent.\n`
    : ''
  return `
Tidemark runs (${(tookMs / 1000).toFixed(1)} s), data in ${config.data.dir}

  look             ${url}
  query            ${url}/api/v1/query?query=host_cpu_usage_percent
  Influx, Telegraf ${url}/write   ${url}/api/v2/write
  remote-write     ${url}/api/v1/write
  text exposition  ${url}/api/v1/import/prometheus
  OTLP/HTTP        ${url}/v1/metrics${statsd}

${host}\`tidemark status\` shows the pipeline, \`tidemark doctor\` checks it. Ctrl-C stops it cleanly.
`
}
