import { Command, InvalidArgumentError, Option } from 'commander'
import { TOKEN_NAME_PATTERN } from '../../access/create-token.js'
import type { ToldToken } from '../../access/http/admin.js'
import { ROLES, type Role } from '../../access/roles.js'
import { loadConfig } from '../../schemas/config/load.js'
import { positiveDuration } from '../positive-duration.js'
import { type ServerOptions, withServer } from '../server.js'
import { textTable, timeText } from '../text-table.js'
import { type TokenAdmin, tokensInCatalog, tokensOfServer } from './token-admin.js'

interface TokenOptions extends ServerOptions {
  config?: string
  data?: string
}

interface CreateOptions extends TokenOptions {
  name: string
  role: Role
  expires?: number
  requestsPerSecond?: number
  pointsPerSecond?: number
}

/** `tidemark token`: makes, lists and revokes what lets programs in beyond this machine. */
export function tokenCommand(): Command {
  return new Command('token')
    .description('makes, lists and revokes tokens')
    .addCommand(createCommand().exitOverride())
    .addCommand(listCommand().exitOverride())
    .addCommand(revokeCommand().exitOverride())
    .addHelpText(
      'after',
      `
Roles: ingest writes points; read queries; operate reads, recomputes, pauses and resumes; admin does all of it, and
makes tokens.

On loopback no token is needed, so the first one is made there. Beyond it the first one is made in the catalog itself,
with --config or --data, by whoever may read them.`,
    )
}

function createCommand(): Command {
  return withTokens(new Command('create'))
    .description('makes a token and prints it, this once')
    .addOption(
      new Option('--name <name>', 'what it is called in lists and logs').argParser(tokenName).makeOptionMandatory(),
    )
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).makeOptionMandatory())
    .addOption(
      new Option('--expires <duration>', 'after which it is refused; default never').argParser(
        positiveDuration('90d or 12h'),
      ),
    )
    .addOption(new Option('--requests-per-second <n>', 'default auth.requests_per_second').argParser(rate))
    .addOption(new Option('--points-per-second <n>', 'default auth.points_per_second').argParser(rate))
    .addHelpText(
      'after',
      `
Examples:
  $ tidemark token create --name telegraf --role ingest --points-per-second 50000
  $ tidemark token create --name grafana --role read --expires 90d
  $ tidemark token create --name admin --role admin --config cluster.yaml      in the catalog itself

The token alone goes to stdout: TIDEMARK_TOKEN=$(tidemark token create …)`,
    )
    .action(
      async ({ name, role, expires: lifetimeMs, requestsPerSecond, pointsPerSecond, ...where }: CreateOptions) => {
        const wanted = { name, role, lifetimeMs, requestsPerSecond, pointsPerSecond }
        const { text, token } = await withAdmin(where, (tokens) => tokens.create(wanted))
        const end = token.expiresMs === undefined ? 'never expires' : `expires ${timeText(token.expiresMs)}`
        process.stderr.write(`token "${name}" of the role ${role} ${end}; it is shown this once:\n`)
        process.stdout.write(`${text}\n`)
      },
    )
}

function listCommand(): Command {
  return withTokens(new Command('list'))
    .description('lists tokens, those in force first')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  $ tidemark token list\n  $ tidemark token list --json | jq .[].name')
    .action(async ({ json, ...where }: TokenOptions & { json?: boolean }) => {
      const tokens = await withAdmin(where, (admin) => admin.list())
      const text = json ? JSON.stringify(tokens, undefined, 2) : tokensText(tokens, Date.now())
      process.stdout.write(`${text}\n`)
    })
}

function revokeCommand(): Command {
  return withTokens(new Command('revoke'))
    .description('revokes a token; every process refuses it within some seconds')
    .argument('<token>', 'its id, or its name')
    .addHelpText('after', '\nExamples:\n  $ tidemark token revoke telegraf\n  $ tidemark token revoke 0f3a5b7c9d1e')
    .action(async (idOrName: string, where: TokenOptions) => {
      const { name, id } = await withAdmin(where, (tokens) => tokens.revoke(idOrName))
      process.stdout.write(`token "${name}" (${id}) is revoked\n`)
    })
}

function withTokens(command: Command): Command {
  return withServer(command)
    .option('--config <file>', 'go to the catalog that this config file names, instead of a server')
    .option('--data <folder>', 'go to the catalog of the server that runs on this data folder')
}

async function withAdmin<T>(options: TokenOptions, act: (tokens: TokenAdmin) => Promise<T>): Promise<T> {
  const { config: path, data, ...server } = options
  const isDirect = path !== undefined || data !== undefined
  const overrides = data === undefined ? {} : { 'data.dir': data }
  const tokens = isDirect ? await tokensInCatalog(loadConfig({ path, overrides })) : tokensOfServer(server)
  try {
    return await act(tokens)
  } finally {
    await tokens.close()
  }
}

/** The tokens as a person reads them. */
export function tokensText(tokens: readonly ToldToken[], nowMs: number): string {
  const head = ['name', 'role', 'id', 'state', 'created', 'last used', 'requests/s', 'points/s']
  const rows = tokens.map((token) => [
    token.name,
    token.role,
    token.id,
    stateText(token, nowMs),
    timeText(token.createdMs),
    timeText(token.lastUsedMs),
    token.requestsPerSecond?.toLocaleString('en-US') ?? '-',
    token.pointsPerSecond?.toLocaleString('en-US') ?? '-',
  ])
  return textTable(head, rows)
}

function stateText({ revokedMs, expiresMs }: ToldToken, nowMs: number): string {
  if (revokedMs !== undefined) return `revoked ${timeText(revokedMs)}`
  if (expiresMs === undefined) return 'in force'
  return `${expiresMs <= nowMs ? 'expired' : 'until'} ${timeText(expiresMs)}`
}

function tokenName(text: string): string {
  if (new RegExp(TOKEN_NAME_PATTERN).test(text)) return text
  throw new InvalidArgumentError('A name has 1 to 64 letters, digits, dots, dashes and underscores.')
}

function rate(text: string): number {
  if (/^[1-9]\d{0,9}$/.test(text) && Number(text) < 2 ** 31) return Number(text)
  throw new InvalidArgumentError('A rate is a whole number from 1 on.')
}
