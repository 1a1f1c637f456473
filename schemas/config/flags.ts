import type { Config } from './schema.js'

/** Keys whose values may hold a password. */
const SECRET = /url$|password|token|secret|_key/i

/** Every setting as `group.key` and a text, for people who ask a running server; what may hold a password is left out. */
export function configFlags(config: Config): Record<string, string> {
  return Object.fromEntries(flattened('', config))
}

function flattened(prefix: string, value: unknown): [string, string][] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value)
      .filter(([key]) => !SECRET.test(key))
      .flatMap(([key, inner]) => flattened(prefix === '' ? key : `${prefix}.${key}`, inner))
  }
  // Entries of a list may hold addresses with passwords too: only how many there are is told.
  return [[prefix, Array.isArray(value) ? `${value.length} entries` : String(value)]]
}
