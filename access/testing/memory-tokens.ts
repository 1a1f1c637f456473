import { TidemarkError } from '../../schemas/errors.js'
import type { StoredToken } from '../token.js'
import type { TokenStore } from '../token-store.js'

/** Tokens in memory, for tests: can be taken away, and counts what it is asked. */
export class MemoryTokens implements TokenStore {
  isAway = false
  /** Never answers while this is true. */
  hangs = false
  lookups = 0
  readonly #tokens = new Map<string, StoredToken>()
  readonly #namesInForce = new Set<string>()

  async add(token: StoredToken): Promise<void> {
    this.#check()
    if (this.#namesInForce.has(token.name)) throw new TidemarkError('TM_TOKEN_NAME', { name: token.name })
    this.#namesInForce.add(token.name)
    this.#tokens.set(token.id, token)
  }

  async find(ids: readonly string[]): Promise<StoredToken[]> {
    this.lookups++
    if (this.hangs) await new Promise(() => {})
    this.#check()
    return ids.flatMap((id) => this.#tokens.get(id) ?? [])
  }

  async list(): Promise<StoredToken[]> {
    return [...this.#tokens.values()]
  }

  async revoke(idOrName: string, nowMs: number): Promise<StoredToken | undefined> {
    const inForce = [...this.#tokens.values()].filter(({ revokedMs }) => revokedMs === undefined)
    const token = inForce.find(({ id }) => id === idOrName) ?? inForce.find(({ name }) => name === idOrName)
    if (!token) return undefined
    const revoked = { ...token, revokedMs: nowMs }
    this.#tokens.set(token.id, revoked)
    this.#namesInForce.delete(token.name)
    return revoked
  }

  async noteUse(uses: readonly { id: string; usedMs: number }[]): Promise<void> {
    this.#check()
    for (const { id, usedMs } of uses) {
      const token = this.#tokens.get(id)
      if (token) this.#tokens.set(id, { ...token, lastUsedMs: usedMs })
    }
  }

  async trim(beforeMs: number): Promise<void> {
    for (const [id, { revokedMs = Number.POSITIVE_INFINITY }] of this.#tokens) {
      if (revokedMs < beforeMs) this.#tokens.delete(id)
    }
  }

  #check(): void {
    if (this.isAway) throw new TidemarkError('TM_CATALOG_UNAVAILABLE', { reason: 'connection refused' })
  }
}
