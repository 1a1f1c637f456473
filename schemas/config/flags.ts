import type { Config } from './schema.js'

/** True for a key whose value may hold a password. */
export function isSecretKey(key: string): boolean {
  return /url$|password|token|secret|_key/i.test(key)
}

/** Every setting as `group.key` and a text, for people who ask a running server; what may hold a password is left out. */
export function configFlags(config: Config): Record<string, string> {
  return Object.fromEntries(flattened('', config))
}

function flattened(prefix: string, value: unknown): [string, string][] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value)
      .filter(([key]) => !isSecretKey(key))
      .flatMap(([key, inner]) => flattened(prefix === '' ? key : `${prefix}.${key}`, inner))
  }
  // Entries of a list may hold addresses with passwords too: only how many there are is told.
  return [[prefix, Array.isArray(value) ? `${value.length} entries` : String(value)]]
}
