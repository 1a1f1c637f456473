import { createHmac } from 'node:crypto'
import { TidemarkError } from '../../../schemas/errors.js'
import { oneLine } from '../text.js'
import { equalTexts, type IncidentAction } from './signed-link.js'
import type { Headers, Pressed } from './slack-interaction.js'

const ACTIONS: Readonly<Record<string, IncidentAction>> = {
  'incident.acknowledged': 'acknowledge',
  'incident.resolved': 'resolve',
}

/**
 * Checks that a request is PagerDuty's: of the signatures, one for each secret while they are changed, one must fit.
 * https://developer.pagerduty.com/docs/webhooks/webhook-signatures/
 * @throws TM_SIGNATURE
 */
export function checkPagerDutySignature(headers: Headers, body: string, secrets: readonly string[]): void {
  const wrong = (reason: string) => new TidemarkError('TM_SIGNATURE', { service: 'PagerDuty', reason })
  if (secrets.length === 0) throw wrong('no channel of the kind pagerduty has a webhook_secret')
  const given = String(headers['x-pagerduty-signature'] ?? '').split(',')
  const isGenuine = secrets.some((secret) => {
    const expected = `v1=${createHmac('sha256', secret).update(body).digest('hex')}`
    return given.some((signature) => equalTexts(signature.trim(), expected))
  })
  if (!isGenuine) throw wrong('no signature fits')
}

/**
 * What a person did to one of our incidents in PagerDuty, of a V3 webhook. Undefined for everything else: what our own
 * events did there comes back too and is no news.
 * @throws TM_REQUEST
 */
export function doneInPagerDuty(body: string): Pressed | undefined {
  const { event_type = '', agent, data } = eventOf(body)
  const action = Object.hasOwn(ACTIONS, event_type) ? ACTIONS[event_type] : undefined
  if (!action || agent?.type !== 'user_reference' || typeof data?.incident_key !== 'string') return undefined
  const by = `pagerduty:${oneLine(String(agent.summary ?? agent.id ?? 'somebody'))}`
  return { incidentId: data.incident_key, action, by }
}

/** The part of an event that is read here. */
interface PagerDutyEvent {
  event_type?: string
  agent?: { type?: string; id?: string; summary?: string } | null
  data?: { incident_key?: string } | null
}

function eventOf(body: string): PagerDutyEvent {
  try {
    return (JSON.parse(body) as { event?: PagerDutyEvent } | null)?.event ?? {}
  } catch (cause) {
    const fix = 'set it up as the URL of a V3 webhook'
    throw new TidemarkError('TM_REQUEST', { reason: 'the body is not JSON', fix }, cause)
  }
}
