import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Value } from '@sinclair/typebox/value'
import { parse as parseYaml } from 'yaml'
import { TidemarkError } from '../errors.js'
import { checkConfig } from './check.js'
import { type Config, ConfigSchema } from './schema.js'
import { withSecrets } from './secrets.js'
import { wrongSetting } from './wrong-setting.js'

/** Variables that are not settings of a server. */
const NOT_SETTINGS: ReadonlySet<string> = new Set(['TIDEMARK_CONFIG', 'TIDEMARK_URL', 'TIDEMARK_TOKEN'])

/** Where settings come from; tests pass their own. */
export interface ConfigSources {
  /** Path of the YAML file; undefined for TIDEMARK_CONFIG, or none. */
  path?: string
  env?: NodeJS.ProcessEnv
  /** Settings that win over file and environment, by dotted key (`http.port`). */
  overrides?: Record<string, unknown>
}

/**
 * Reads the configuration: defaults, then the file, then the environment (`TIDEMARK_HTTP_PORT=9090` sets `http.port`;
 * underscores separate the words of a key), then overrides.
 * @throws TM_CONFIG naming the key, TM_CONFIG_FILE naming the file
 */
export function loadConfig(sources: ConfigSources = {}): Config {
  const env = sources.env ?? process.env
  const path = sources.path ?? env.TIDEMARK_CONFIG
  const config = path ? readSettings(path) : {}
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith('TIDEMARK_') || NOT_SETTINGS.has(name)) continue
    setByPath(config, keyOfVariable(name), valueOfVariable(name, text ?? ''))
  }
  for (const [key, value] of Object.entries(sources.overrides ?? {})) setByPath(config, key.split('.'), value)
  const filled = Value.Default(ConfigSchema, withSecrets(config, env))
  const wrong = wrongSetting(ConfigSchema, filled)
  if (wrong) throw new TidemarkError('TM_CONFIG', { ...wrong })
  checkConfig(filled as Config)
  return filled as Config
}

/** Address of the server that the command line talks to: TIDEMARK_URL, if set. */
export function serverUrl(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env.TIDEMARK_URL
}

/** Token that the command line shows to the server: TIDEMARK_TOKEN, if set. */
export function serverToken(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env.TIDEMARK_TOKEN
}

/** The folders in which programs are looked for: PATH, then where Go puts what it installs. */
export function searchPath(env: NodeJS.ProcessEnv = process.env): string[] {
  const goBin = env.GOBIN ?? (env.GOPATH && join(env.GOPATH, 'bin')) ?? (env.HOME && join(env.HOME, 'go', 'bin'))
  return [...(env.PATH ?? '').split(':'), goBin ?? ''].filter((folder) => folder !== '')
}

/** The environment as it is, for programs that are started. */
export function processEnvironment(): NodeJS.ProcessEnv {
  return process.env
}

function readSettings(path: string): Record<string, unknown> {
  let settings: unknown
  try {
    settings = withoutNulls(parseYaml(readFileSync(path, 'utf8')) ?? {})
  } catch (cause) {
    throw new TidemarkError('TM_CONFIG_FILE', { path, reason: (cause as Error).message }, cause)
  }
  if (typeof settings === 'object' && !Array.isArray(settings)) return settings as Record<string, unknown>
  throw new TidemarkError('TM_CONFIG_FILE', {
    path,
    reason: 'it holds no settings: write keys and values, such as http: { port: 8080 }',
  })
}

/** A key whose value was left out (all below it commented away, say) is as good as absent. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const kept = Object.entries(value).filter(([, inner]) => inner !== null)
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNulls(inner)]))
}

function valueOfVariable(name: string, text: string): unknown {
  try {
    return parseYaml(text)
  } catch (cause) {
    const reason = `the variable ${name} is no YAML value: ${(cause as Error).message}`
    throw new TidemarkError(
      'TM_CONFIG',
      { key: keyOfVariable(name).join('.'), reason, fix: 'write it as it would stand in the file' },
      cause,
    )
  }
}

/** `TIDEMARK_SPEED_IDLE_AFTER` → [speed, idle_after]: words are taken into one key as long as the schema knows it. */
function keyOfVariable(name: string): string[] {
  const words = name.slice('TIDEMARK_'.length).toLowerCase().split('_')
  const [group, ...rest] = words
  const properties =
    (ConfigSchema.properties as Record<string, { properties?: Record<string, unknown> }>)[group]?.properties ?? {}
  const flat = rest.join('')
  const key = Object.keys(properties).find((known) => known.replaceAll('_', '').toLowerCase() === flat)
  return rest.length === 0 ? [group] : [group, key ?? rest.join('_')]
}

function setByPath(target: Record<string, unknown>, path: string[], value: unknown): void {
  const [head, ...rest] = path
  if (rest.length === 0) {
    target[head] = value
    return
  }
  const inner = target[head]
  const next = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {}
  target[head] = next
  setByPath(next, rest, value)
}
