import { Command, CommanderError } from 'commander'
import { ROLES } from '../roles/role.js'
import { asTidemarkError } from '../schemas/errors.js'
import { VERSION } from './version.js'

type LoadCommand = () => Promise<Command>

const ownCommands: Record<string, LoadCommand> = {
  up: async () => (await import('./up.js')).upCommand(),
  status: async () => (await import('./status.js')).statusCommand(),
  doctor: async () => (await import('./doctor.js')).doctorCommand(),
  recompute: async () => (await import('./recompute.js')).recomputeCommand(),
  incidents: async () => (await import('./incidents.js')).incidentsCommand(),
  query: async () => (await import('./query/query.js')).queryCommand(),
  explain: async () => (await import('./explain.js')).explainCommand(),
  decode: async () => (await import('./decode.js')).decodeCommand(),
  promql: async () => (await import('./promql.js')).promqlCommand(),
  rules: async () => (await import('./rules/rules.js')).rulesCommand(),
  silence: async () => (await import('./silence.js')).silenceCommand(),
  maintenance: async () => (await import('./maintenance.js')).maintenanceCommand(),
  anomaly: async () => (await import('./anomaly/score.js')).anomalyCommand(),
  notify: async () => (await import('./notify.js')).notifyCommand(),
  oncall: async () => (await import('./oncall.js')).onCallCommand(),
  slo: async () => (await import('./slo/slo.js')).sloCommand(),
  init: async () => (await import('./init.js')).initCommand(),
  token: async () => (await import('./token/token.js')).tokenCommand(),
  audit: async () => (await import('./audit.js')).auditCommand(),
}

/** Exit statuses: 0 done, 1 it failed or found something wrong, 2 it was called wrongly. */
const USAGE = 2

const program = new Command('tidemark')
  .description('Metrics monitoring with a batch layer and a speed layer: one answer per question.')
  .version(VERSION)
  .showHelpAfterError('(tidemark COMMAND --help shows examples)')
  .exitOverride()
  .addHelpText(
    'after',
    `
Start here:
  $ tidemark up                          everything on this machine, data in ./data
  $ tidemark gateway --config FILE       one role by itself, on a cluster; likewise speed, archive, worker, serving
  $ tidemark status                      tide line, watermarks, lag, blocks
  $ tidemark doctor                      checks the installation and names each fix
  $ tidemark incidents list              what fires, who looks after it; ack, resolve, reassign, snooze
  $ tidemark query 'host_load1'          asks in PromQL; --range 1h --output chart draws it
  $ tidemark explain 'host_load1'        which view answers which part of a query, and why
  $ tidemark decode --format influx FILE what the gateway would understand
  $ tidemark promql test FILE...         runs PromQL test scripts against the query engine
  $ tidemark rules test FILE...          unit tests of rules, as promtool has them; rules check FILE...
  $ tidemark silence add --help          mutes alerts for a time; tidemark maintenance does so again and again
  $ tidemark anomaly score < series.csv  tries an anomaly detector on a series of your own
  $ tidemark notify test CHANNEL         tries a channel; notify dead: messages that were given up
  $ tidemark oncall                      who is on call
  $ tidemark rules apply FILE...         alerting rules: applies, lists, tests, exports them
  $ tidemark slo apply FILE...           objectives: error budgets and burn-rate alerts
  $ tidemark token create --help         tokens, which are needed beyond this machine
  $ tidemark audit                       what operators did

Settings: a YAML file named by --config or TIDEMARK_CONFIG; any key also by environment,
http.port as TIDEMARK_HTTP_PORT. The server that commands talk to: --url or TIDEMARK_URL, with the
token in --token or TIDEMARK_TOKEN.`,
  )

// A reader that has seen enough (`tidemark decode … | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

const roleCommands = ROLES.map((role): [string, LoadCommand] => [
  role,
  async () => (await import('./role.js')).roleCommand(role),
])
const commands: Record<string, LoadCommand> = { ...ownCommands, ...Object.fromEntries(roleCommands) }
// Who names a command loads no other: they would take memory, and each collection of garbage walks over it.
const [asked] = process.argv.slice(2)
for (const load of Object.hasOwn(commands, asked) ? [commands[asked]] : Object.values(commands)) {
  const command = await load()
  program.addCommand(command.exitOverride().showHelpAfterError(`(tidemark ${command.name()} --help shows examples)`))
}

try {
  await program.parseAsync()
} catch (thrown) {
  if (thrown instanceof CommanderError) {
    process.exitCode = thrown.exitCode === 0 ? 0 : USAGE
  } else {
    const { code, message, hint } = asTidemarkError(thrown)
    process.stderr.write(`${code}: ${message}\n${hint ? `hint: ${hint}\n` : ''}`)
    process.exitCode = 1
  }
}
