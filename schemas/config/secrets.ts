import { readFileSync } from 'node:fs'
import { TidemarkError } from '../errors.js'
import { isSecretKey } from './flags.js'

/**
 * Secrets may stand elsewhere than in the config: `{ file: /run/secrets/slack }` or `{ env: SLACK_TOKEN }` in place of
 * one is replaced by what is there (without the line end of a file).
 * @param settings as they were read; keys that cannot hold a secret stay as they are
 * @throws TM_CONFIG naming the key
 */
export function withSecrets(settings: unknown, env: NodeJS.ProcessEnv, path: readonly string[] = []): unknown {
  if (Array.isArray(settings)) return settings.map((one, at) => withSecrets(one, env, [...path, String(at)]))
  if (typeof settings !== 'object' || settings === null) return settings
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => {
      const here = [...path, key]
      return [key, secretAt(here, value, env) ?? withSecrets(value, env, here)]
    }),
  )
}

function secretAt(path: readonly string[], value: unknown, env: NodeJS.ProcessEnv): string | undefined {
  if (!isSecretKey(path.at(-1) ?? '') || typeof value !== 'object' || value === null) return undefined
  const [[source, name] = [], ...more] = Object.entries(value)
  if (more.length > 0 || typeof name !== 'string' || (source !== 'file' && source !== 'env')) return undefined
  const key = path.join('.')
  if (source === 'file') return contentOf(key, name)
  const text = env[name]
  if (text) return text
  throw new TidemarkError('TM_CONFIG', {
    key,
    reason: `the variable ${name} is not set`,
    fix: 'set it, or name another',
  })
}

function contentOf(key: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  } catch (cause) {
    const reason = `its file cannot be read: ${(cause as Error).message}`
    throw new TidemarkError('TM_CONFIG', { key, reason, fix: 'name a file that this process may read' }, cause)
  }
}
