import { createHmac, timingSafeEqual } from 'node:crypto'
import { TidemarkError } from '../../../schemas/errors.js'

/** What a person can do about an incident from a message. */
export type IncidentAction = 'acknowledge' | 'resolve'

/** What a link lets whoever has it do. */
export interface LinkGrant {
  incidentId: string
  action: IncidentAction
  /** Who got the message; empty if it was a room. */
  by: string
  /** Unix seconds after which it is of no use. */
  expiresS: number
}

/** Words of actions in addresses. */
export const ACTION_WORDS: Readonly<Record<string, IncidentAction>> = { ack: 'acknowledge', resolve: 'resolve' }

/** Path and query of a link: it grants one action on one incident, to one person, for a time. */
export function signedPath(grant: LinkGrant, key: string): string {
  const { incidentId, action, by, expiresS } = grant
  const word = action === 'acknowledge' ? 'ack' : action
  const query = new URLSearchParams({ exp: String(expiresS), by, sig: signature(grant, key) })
  return `/i/${encodeURIComponent(incidentId)}/${word}?${query}`
}

/**
 * Checks a link's signature and time.
 * @throws TM_LINK_INVALID, TM_LINK_EXPIRED
 */
export function checkGrant(grant: LinkGrant, given: string, key: string, nowMs: number): void {
  const isGenuine = key !== '' && equalTexts(given, signature(grant, key))
  if (!isGenuine) throw new TidemarkError('TM_LINK_INVALID')
  if (nowMs / 1000 > grant.expiresS) {
    throw new TidemarkError('TM_LINK_EXPIRED', { time: new Date(grant.expiresS * 1000).toISOString() })
  }
}

/** True if both are the same; how long it takes tells nothing of where they differ. */
export function equalTexts(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

function signature({ incidentId, action, by, expiresS }: LinkGrant, key: string): string {
  const text = JSON.stringify(['link:v1', incidentId, action, by, expiresS])
  return createHmac('sha256', key).update(text).digest('base64url')
}
