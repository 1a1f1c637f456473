import { TidemarkError } from '../schemas/errors.js'
import type { Clock } from '../schemas/time.js'
import { isSecretOf, type StoredToken, type TokenParts } from './token.js'
import type { TokenStore } from './token-store.js'

/** Tokens that are remembered. */
const MAX_KNOWN = 10_000
/** Ids without a token that are remembered until the next refresh. */
const MAX_UNKNOWN = 1000
/** Ids that are being looked up at a time. */
const MAX_LOOKUPS = 100
/** A look-up that takes longer has failed, ms. */
const LOOKUP_MS = 2000
/** A token that was not used for so long is forgotten, ms. */
const IDLE_MS = 600_000
/** Use is noted at most so often, ms. */
const NOTE_EVERY_MS = 60_000

interface Known {
  token: StoredToken
  usedMs: number
  notedMs: number
}

/**
 * Verifies tokens without asking the catalog at each request: what was asked once is remembered and brought up to date
 * by `refresh`. So a revocation takes effect everywhere within the time between two refreshes, and tokens seen before go
 * on while the catalog is away.
 */
export class KnownTokens {
  readonly #store: TokenStore
  readonly #clock: Clock
  readonly #known = new Map<string, Known>()
  readonly #unknown = new Set<string>()
  readonly #lookups = new Map<string, Promise<StoredToken | undefined>>()

  constructor(store: TokenStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** True if the token can be verified without asking the catalog. */
  remembers({ id }: TokenParts): boolean {
    return this.#known.has(id)
  }

  /** The token, if its secret is right and it is in force. @throws TM_AUTH_REFUSED, TM_AUTH_UNAVAILABLE */
  async verify({ id, secret }: TokenParts): Promise<StoredToken> {
    const token = this.#known.get(id)?.token ?? (await this.#lookUp(id))
    if (!token || !isSecretOf(token, secret)) throw refused('no such token is known')
    const nowMs = this.#clock()
    if (token.revokedMs !== undefined) throw refused(`"${token.name}" was revoked at ${utc(token.revokedMs)}`)
    if (token.expiresMs !== undefined && nowMs >= token.expiresMs) {
      throw refused(`"${token.name}" expired at ${utc(token.expiresMs)}`)
    }
    const known = this.#known.get(id)
    if (known) known.usedMs = nowMs
    return token
  }

  /** Asks for changes of all remembered tokens, and notes which were used; to be called every few seconds. @throws TM_CATALOG_UNAVAILABLE */
  async refresh(): Promise<void> {
    const nowMs = this.#clock()
    this.#unknown.clear()
    for (const [id, { usedMs }] of this.#known) if (nowMs - usedMs > IDLE_MS) this.#known.delete(id)
    const found = new Map((await this.#store.find([...this.#known.keys()])).map((token) => [token.id, token]))
    for (const [id, known] of this.#known) {
      const token = found.get(id)
      if (token) known.token = token
      else this.#known.delete(id)
    }
    await this.#noteUse()
  }

  /** Asks the catalog again at the next use: for a token that this process has just changed. */
  forget(id: string): void {
    this.#known.delete(id)
    this.#unknown.delete(id)
  }

  async #noteUse(): Promise<void> {
    const used = [...this.#known].filter(([, { usedMs, notedMs }]) => usedMs - notedMs >= NOTE_EVERY_MS)
    await this.#store.noteUse(used.map(([id, { usedMs }]) => ({ id, usedMs })))
    for (const [, known] of used) known.notedMs = known.usedMs
  }

  async #lookUp(id: string): Promise<StoredToken | undefined> {
    if (this.#unknown.has(id)) return undefined
    const under = this.#lookups.get(id)
    if (under) return under
    if (this.#lookups.size >= MAX_LOOKUPS) throw unavailable(`${MAX_LOOKUPS} others are being looked up`)
    const lookup = this.#ask(id).finally(() => this.#lookups.delete(id))
    this.#lookups.set(id, lookup)
    return lookup
  }

  async #ask(id: string): Promise<StoredToken | undefined> {
    let timer: NodeJS.Timeout | undefined
    const impatience = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(unavailable(`the catalog does not answer within ${LOOKUP_MS} ms`)), LOOKUP_MS)
    })
    try {
      const [token] = await Promise.race([this.#store.find([id]), impatience])
      if (token) this.#remember(token)
      else if (this.#unknown.size < MAX_UNKNOWN) this.#unknown.add(id)
      return token
    } catch (cause) {
      throw cause instanceof TidemarkError && cause.code === 'TM_AUTH_UNAVAILABLE'
        ? cause
        : unavailable((cause as Error).message, cause)
    } finally {
      clearTimeout(timer)
    }
  }

  #remember(token: StoredToken): void {
    if (this.#known.size >= MAX_KNOWN) this.#known.delete(this.#known.keys().next().value!)
    this.#known.set(token.id, { token, usedMs: this.#clock(), notedMs: token.lastUsedMs ?? 0 })
  }
}

function refused(reason: string): TidemarkError {
  return new TidemarkError('TM_AUTH_REFUSED', { reason })
}

function unavailable(reason: string, cause?: unknown): TidemarkError {
  return new TidemarkError('TM_AUTH_UNAVAILABLE', { reason }, cause)
}

function utc(ms: number): string {
  return new Date(ms).toISOString()
}
