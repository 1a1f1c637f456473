import { createHmac } from 'node:crypto'
import { TidemarkError } from '../../../schemas/errors.js'
import { SLACK_ACTIONS } from '../slack-blocks.js'
import { oneLine } from '../text.js'
import { equalTexts, type IncidentAction } from './signed-link.js'

/** A request may be this old or this early, s. */
const TOLERANCE_S = 300

/** Headers of a request, by their names in lower case. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>

/** What somebody pressed. */
export interface Pressed {
  incidentId: string
  action: IncidentAction
  by: string
}

/**
 * Checks that a request is Slack's, and not an old one: https://docs.slack.dev/authentication/verifying-requests-from-slack
 * @param secrets of all apps that may ask
 * @throws TM_SIGNATURE
 */
export function checkSlackSignature(headers: Headers, body: string, secrets: readonly string[], nowMs: number): void {
  const timestamp = String(headers['x-slack-request-timestamp'] ?? '')
  const signature = String(headers['x-slack-signature'] ?? '')
  const wrong = (reason: string) => new TidemarkError('TM_SIGNATURE', { service: 'Slack', reason })
  if (secrets.length === 0) throw wrong('no channel of the kind slack has a signing_secret')
  if (!/^\d{1,12}$/.test(timestamp)) throw wrong('it has no timestamp')
  const ageS = nowMs / 1000 - Number(timestamp)
  if (Math.abs(ageS) > TOLERANCE_S)
    throw wrong(`its timestamp is ${Math.round(ageS)} s old, the limit is ${TOLERANCE_S} s`)
  const isGenuine = secrets.some((secret) => {
    const expected = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')
    return equalTexts(signature, `v0=${expected}`)
  })
  if (!isGenuine) throw wrong('the signature does not fit')
}

/** What was pressed, of what an interaction tells; undefined for buttons that only lead somewhere. @throws TM_REQUEST */
export function pressedIn(body: string): Pressed | undefined {
  const interaction = payloadOf(body)
  if (interaction.type !== 'block_actions') return undefined
  for (const { action_id, value } of interaction.actions ?? []) {
    const action = (Object.keys(SLACK_ACTIONS) as IncidentAction[]).find((name) => SLACK_ACTIONS[name] === action_id)
    if (!action || typeof value !== 'string') continue
    const { username, name, id } = interaction.user ?? {}
    return { incidentId: value, action, by: `slack:${oneLine(String(username ?? name ?? id ?? 'somebody'))}` }
  }
  return undefined
}

/** The part of an interaction that is read here: https://docs.slack.dev/reference/interaction-payloads/block_actions-payload */
interface Interaction {
  type?: string
  user?: { id?: string; username?: string; name?: string }
  actions?: { action_id?: string; value?: string }[]
}

function payloadOf(body: string): Interaction {
  try {
    return (JSON.parse(new URLSearchParams(body).get('payload') ?? '') as Interaction | null) ?? {}
  } catch (cause) {
    const fix = 'set it up as the Request URL of the app’s interactivity'
    throw new TidemarkError('TM_REQUEST', { reason: 'it has no field payload with JSON', fix }, cause)
  }
}
