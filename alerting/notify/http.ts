import type { Response } from 'undici'
import { TidemarkError } from '../../schemas/errors.js'
import type { Fetch } from '../../schemas/net/guarded-fetch.js'
import type { Clock } from '../../schemas/time.js'
import type { Delivery } from './channel.js'
import { clip, oneLine } from './text.js'

/** Of an answer nobody reads more, bytes. */
const ANSWER_BYTES = 16_384
/** How much of an answer people are told. */
const TOLD_LENGTH = 300

/** What channels that speak HTTP work with. */
export interface HttpParts {
  fetch: Fetch
  clock: Clock
}

/** A request to a service. */
export interface Post {
  url: string
  /** JSON, as it is sent. */
  body: string
  headers?: Readonly<Record<string, string>>
  /** Texts that nobody may be told, wherever they turn up. */
  secrets: readonly string[]
}

/** What a service answered. */
export interface Answer {
  status: number
  text: string
  retryAfterMs?: number
  /** For people: `HTTP 202: …`, without secrets. */
  said: string
}

/** Posts JSON. @returns the answer, or what came of it where there was none. Never rejects. */
export async function post(
  { fetch, clock }: HttpParts,
  { url, body, headers, secrets: named }: Post,
  signal: AbortSignal,
): Promise<Answer | Exclude<Delivery, { outcome: 'delivered' }>> {
  const { pathname, search } = new URL(url)
  // The path of a webhook is as good as a password.
  const secrets = [url, `${pathname}${search}`, ...named]
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'tidemark', ...headers },
      body,
      signal,
    })
    const text = await beginningOf(response)
    const told = clip(oneLine(text), TOLD_LENGTH)
    const said = withoutSecrets(`HTTP ${response.status}${told ? `: ${told}` : ''}`, secrets)
    const retryAfterMs = retryAfter(response.headers.get('retry-after'), clock())
    return { status: response.status, text, said, retryAfterMs }
  } catch (thrown) {
    return unanswered(thrown as Error, url, signal, secrets)
  }
}

/** What an answer's status means (RFC 9110): no success is final but what says that the request itself is wrong. */
export function deliveryOf({ status, said, retryAfterMs }: Answer): Delivery {
  if (status >= 200 && status < 300) return { outcome: 'delivered', said }
  const isPassing = status === 408 || status === 425 || status === 429 || status >= 500
  return isPassing ? { outcome: 'later', reason: said, retryAfterMs } : { outcome: 'refused', reason: said }
}

/** ms until the time that a Retry-After header gives, in seconds or as a date. */
export function retryAfter(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined
  const text = header.trim()
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000)
  const dateMs = /^[A-Za-z]{3}/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs)
}

/** The text with every secret in it masked. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.filter((secret) => secret.length > 3).reduce((left, secret) => left.replaceAll(secret, '***'), text)
}

/** What came of a body. One that breaks off takes nothing back: the status has said what became of the request. */
async function beginningOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    // Leaving the loop early closes the rest of the body.
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes >= ANSWER_BYTES) break
    }
  } catch {
    chunks.push(Buffer.from('…'))
  }
  return Buffer.concat(chunks).subarray(0, ANSWER_BYTES).toString('utf8')
}

function unanswered(thrown: Error, url: string, signal: AbortSignal, secrets: readonly string[]) {
  const { host } = new URL(url)
  const cause = (thrown.cause as Error | undefined) ?? thrown
  if (cause instanceof TidemarkError && cause.code === 'TM_TARGET_REFUSED') {
    return { outcome: 'refused', reason: `${cause.message}; ${cause.hint}` } as const
  }
  const what = signal.aborted ? 'no answer in time' : cause.message || cause.name
  return { outcome: 'later', reason: withoutSecrets(`${host}: ${oneLine(what)}`, secrets) } as const
}
