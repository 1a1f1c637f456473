import type { Clock } from '../schemas/time.js'
import type { Role } from './roles.js'
import { drawToken, type RandomBytes, type StoredToken, secretHash, tokenText } from './token.js'
import type { TokenStore } from './token-store.js'

/** What a token's name looks like: it stands in logs and on command lines. */
export const TOKEN_NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'

/** The token that someone wants. */
export interface WantedToken {
  name: string
  role: Role
  /** How long it is in force, ms; undefined: until it is revoked. */
  lifetimeMs?: number
  /** Undefined: the limit of the config. */
  requestsPerSecond?: number
  pointsPerSecond?: number
}

/** What making a token takes. */
export interface TokenMaking {
  store: TokenStore
  random: RandomBytes
  clock: Clock
}

/**
 * Makes a token and keeps it.
 * @returns its text, which nobody can read again, and what is kept
 * @throws TM_TOKEN_NAME, TM_CATALOG_UNAVAILABLE
 */
export async function createToken(
  wanted: WantedToken,
  { store, random, clock }: TokenMaking,
): Promise<{ text: string; token: StoredToken }> {
  const { name, role, lifetimeMs, requestsPerSecond, pointsPerSecond } = wanted
  const parts = drawToken(random)
  const createdMs = clock()
  const token: StoredToken = {
    id: parts.id,
    name,
    role,
    secretHash: secretHash(parts.secret),
    requestsPerSecond,
    pointsPerSecond,
    createdMs,
    expiresMs: lifetimeMs === undefined ? undefined : createdMs + lifetimeMs,
    lastUsedMs: undefined,
    revokedMs: undefined,
  }
  await store.add(token)
  return { text: tokenText(parts), token }
}
