import { createHash, timingSafeEqual } from 'node:crypto'
import type { Role } from './roles.js'

const ID_BYTES = 6
const SECRET_BYTES = 32
const SYNTAX = /^tm_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/

/** Gives so many unpredictable bytes, as node:crypto's randomBytes. */
export type RandomBytes = (bytes: number) => Buffer

/** A token's two parts: the id finds it, the secret proves it. */
export interface TokenParts {
  id: string
  secret: string
}

/** A token as it is kept: without its secret. */
export interface StoredToken {
  id: string
  name: string
  role: Role
  /** SHA-256 of the secret's text. */
  secretHash: Uint8Array
  /** Undefined: the limit of the config. */
  requestsPerSecond: number | undefined
  pointsPerSecond: number | undefined
  createdMs: number
  expiresMs: number | undefined
  /** At most a minute behind. */
  lastUsedMs: number | undefined
  revokedMs: number | undefined
}

/** A new token that nobody has had before. */
export function drawToken(random: RandomBytes): TokenParts {
  return { id: random(ID_BYTES).toString('hex'), secret: random(SECRET_BYTES).toString('base64url') }
}

/** `tm_<id>_<secret>`: the prefix lets people and scanners of repositories see what it is. */
export function tokenText({ id, secret }: TokenParts): string {
  return `tm_${id}_${secret}`
}

/** The parts of a token's text, or undefined if it is none of ours. */
export function parseToken(text: string): TokenParts | undefined {
  const match = SYNTAX.exec(text)
  return match ? { id: match[1], secret: match[2] } : undefined
}

/** What is kept of a secret. */
export function secretHash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

/** True if this is the token's secret; takes as long whatever part of it is right. */
export function isSecretOf({ secretHash: hash }: StoredToken, secret: string): boolean {
  return timingSafeEqual(hash, secretHash(secret))
}
