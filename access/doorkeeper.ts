import type { IncomingHttpHeaders } from 'node:http'
import type { AuthConfig } from '../schemas/config/auth.js'
import { TidemarkError } from '../schemas/errors.js'
import type { Clock } from '../schemas/time.js'
import type { Caller } from './caller.js'
import type { KnownTokens } from './known-tokens.js'
import { foreignPage } from './local-request.js'
import { type Overdraft, RateLimits, senderOf } from './rate-limits.js'
import { leastRole, type Permission, roleMay } from './roles.js'
import { parseToken, type StoredToken, type TokenParts } from './token.js'

/** Senders whose requests, points and failures are counted. */
const MAX_SENDERS = 50_000

/** What a request shows of itself. */
export interface Knock {
  /** Token text that it shows, if any. */
  credentials: string | undefined
  address: string
  headers: IncomingHttpHeaders
}

/** What a doorkeeper works with. */
export interface DoorkeeperParts {
  tokens: KnownTokens
  /** True: whoever shows no token is not let in. */
  required: boolean
  config: AuthConfig
  clock: Clock
}

/** Lets requests in: by token and role, within their limits. */
export class Doorkeeper {
  readonly #parts: DoorkeeperParts
  readonly #limits = new RateLimits(MAX_SENDERS)
  readonly #failures = new RateLimits(MAX_SENDERS)

  constructor(parts: DoorkeeperParts) {
    this.#parts = parts
  }

  /**
   * Who asks. Nothing of the request but its head is needed.
   * @throws TM_AUTH_MISSING, TM_AUTH_REFUSED, TM_AUTH_ORIGIN, TM_AUTH_UNAVAILABLE, TM_RATE_LIMIT
   */
  async identify({ credentials, address, headers }: Knock): Promise<Caller> {
    const { required } = this.#parts
    const token = credentials === undefined ? undefined : parseToken(credentials)
    if (token) return this.#caller(await this.#verify(token, address), address)
    if (required) {
      throw this.#failure(
        address,
        credentials === undefined
          ? new TidemarkError('TM_AUTH_MISSING', { reason: 'the request shows none' })
          : new TidemarkError('TM_AUTH_REFUSED', { reason: 'it does not look like tm_<id>_<secret>' }),
      )
    }
    // Clients of InfluxDB always send some token: where none is needed, what is none of ours is let pass.
    const reason = foreignPage(headers)
    if (reason !== undefined) throw new TidemarkError('TM_AUTH_ORIGIN', { reason })
    return this.nobody(address)
  }

  /** Whoever asks for what is open to all. */
  nobody(address: string): Caller {
    const { requests_per_second, points_per_second } = this.#parts.config
    return {
      tokenId: undefined,
      name: 'local',
      role: 'admin',
      address,
      rateKey: `address ${senderOf(address)}`,
      requestsPerSecond: requests_per_second,
      pointsPerSecond: points_per_second,
    }
  }

  /** Lets a caller do something, within its limits. @throws TM_AUTH_ROLE, TM_RATE_LIMIT */
  admit(caller: Caller, permission: Permission | 'open'): void {
    if (permission !== 'open' && !roleMay(caller.role, permission)) {
      const { name, role, address } = caller
      const details = { name, role, what: permission, needed: leastRole(permission) }
      throw this.#failure(address, new TidemarkError('TM_AUTH_ROLE', details))
    }
    this.#checkRates(caller, permission)
  }

  /** Counts points that a caller's request has stored. */
  countPoints({ rateKey, pointsPerSecond }: Caller, points: number): void {
    this.#limits.spend(`points ${rateKey}`, pointsPerSecond, points, this.#parts.clock())
  }

  async #verify(token: TokenParts, address: string): Promise<StoredToken> {
    const { tokens } = this.#parts
    // Who fails too often is turned away before the catalog is asked; tokens known to be right never suffer from it.
    if (!tokens.remembers(token)) this.#checkFailures(address)
    try {
      return await tokens.verify(token)
    } catch (error) {
      throw error instanceof TidemarkError && error.status === 401 ? this.#failure(address, error) : error
    }
  }

  #caller(token: StoredToken, address: string): Caller {
    const { config } = this.#parts
    return {
      tokenId: token.id,
      name: token.name,
      role: token.role,
      address,
      rateKey: `token ${token.id}`,
      requestsPerSecond: token.requestsPerSecond ?? config.requests_per_second,
      pointsPerSecond: token.pointsPerSecond ?? config.points_per_second,
    }
  }

  #checkRates(caller: Caller, permission: Permission | 'open'): void {
    const { rateKey, requestsPerSecond, pointsPerSecond, tokenId, name, address } = caller
    const nowMs = this.#parts.clock()
    const who = tokenId === undefined ? `the address ${address}` : `token "${name}"`
    const own = (key: string) => (tokenId === undefined ? `auth.${key}` : `the token's limit or auth.${key}`)
    const requests = this.#limits.overdraft(`requests ${rateKey}`, requestsPerSecond, nowMs)
    if (requests) throw tooMuch(who, 'requests', requestsPerSecond, own('requests_per_second'), requests)
    if (permission === 'write') {
      const points = this.#limits.overdraft(`points ${rateKey}`, pointsPerSecond, nowMs)
      if (points) throw tooMuch(who, 'points', pointsPerSecond, own('points_per_second'), points)
    }
    this.#limits.spend(`requests ${rateKey}`, requestsPerSecond, 1, nowMs)
  }

  /** Counts a failure; what comes of it is the error, or that there were too many. */
  #failure(address: string, error: TidemarkError): TidemarkError {
    this.#checkFailures(address)
    const { config, clock } = this.#parts
    this.#failures.spend(senderOf(address), config.failures_per_second, 1, clock())
    return error
  }

  #checkFailures(address: string): void {
    const { config, clock } = this.#parts
    const overdraft = this.#failures.overdraft(senderOf(address), config.failures_per_second, clock())
    if (!overdraft) return
    throw tooMuch(
      `the address ${address}`,
      'refused requests',
      config.failures_per_second,
      'auth.failures_per_second',
      overdraft,
    )
  }
}

function tooMuch(who: string, unit: string, limit: number, key: string, { actual, waitMs }: Overdraft): TidemarkError {
  return new TidemarkError('TM_RATE_LIMIT', { who, unit, limit, key, actual, waitMs })
}
