import { setTimeout as sleep } from 'node:timers/promises'
import type { IncidentDetail, IncidentPage, IncidentSummary } from '../../../schemas/ports/incidents.js'

const ANSWER_MS = 10_000
const AGAIN_MS = 500
/** No outage lasts this long, ms. */
const GIVE_UP_MS = 180_000

/**
 * Sends a request again and again until it is answered with success, as a client has to that must not lose anything.
 * @throws what is refused for good, or if there is no answer for long
 */
export async function insist(url: string, body?: unknown): Promise<unknown> {
  const deadline = performance.now() + GIVE_UP_MS
  while (performance.now() < deadline) {
    const answer = await ask(url, body)
    if (answer !== undefined) return answer
    await sleep(AGAIN_MS)
  }
  throw new Error(`${url} did not answer within ${GIVE_UP_MS / 1000} s`)
}

/** Every incident that there is, with its timeline. */
export async function allIncidents(url: string): Promise<IncidentDetail[]> {
  const found: IncidentSummary[] = []
  for (let after: string | undefined = ''; after !== undefined; ) {
    const parameters = new URLSearchParams({ limit: '1000', ...(after && { after }) })
    const { data } = (await insist(`${url}/api/v1/incidents?${parameters}`)) as { data: IncidentPage }
    found.push(...data.incidents)
    after = data.next
  }
  const details: IncidentDetail[] = []
  for (const { incidentId } of found) {
    const { data } = (await insist(`${url}/api/v1/incidents/${incidentId}`)) as { data: IncidentDetail }
    details.push(data)
  }
  return details
}

/** @returns undefined if it was not answered, or the server could not @throws what it refuses for good */
async function ask(url: string, body: unknown): Promise<unknown> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  let response: Response
  let text: string
  try {
    response = await fetch(url, { ...(body !== undefined && init), signal: AbortSignal.timeout(ANSWER_MS) })
    text = await response.text()
  } catch {
    return undefined
  }
  if (response.status >= 400 && response.status < 500 && response.status !== 429)
    throw new Error(`${url} was refused: ${response.status} ${text.slice(0, 300)}`)
  return response.ok ? (text === '' ? {} : JSON.parse(text)) : undefined
}
