import type { Response } from 'undici'
import type { Fetch } from '../../schemas/net/guarded-fetch.js'
import type { ExpositionFormat } from '../prometheus/text-decoder.js'
import type { ScrapeTarget } from './target.js'

/** Redirects that are followed. */
const MAX_REDIRECTS = 5
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const ACCEPT = 'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'

/** What a target answered. */
export interface Exposition {
  body: Uint8Array
  format: ExpositionFormat
}

/**
 * Fetches a target's exposition, decompressed.
 * @throws Error with a reason for people: no connection, another status than 200, a web page, a body over the limit
 */
export async function fetchExposition(target: ScrapeTarget, fetch: Fetch, signal: AbortSignal): Promise<Exposition> {
  const response = await request(target, fetch, signal)
  try {
    if (response.status !== 200) throw new Error(`the target answered with HTTP status ${response.status}`)
    const type = response.headers.get('content-type')?.split(';')[0].trim().toLowerCase()
    if (type === 'text/html') throw new Error('the target answered with a web page; check scheme, port and path')
    const body = await readBody(response, target.bodyBytes)
    return { body, format: type === 'application/openmetrics-text' ? 'openmetrics' : 'prometheus' }
  } catch (thrown) {
    if (response.body !== null && !response.body.locked) await response.body.cancel().catch(() => undefined)
    throw signal.aborted ? signal.reason : thrown
  }
}

async function request(target: ScrapeTarget, fetch: Fetch, signal: AbortSignal): Promise<Response> {
  const headers = {
    accept: ACCEPT,
    'accept-encoding': 'gzip',
    'user-agent': 'tidemark',
    'x-prometheus-scrape-timeout-seconds': String(target.timeoutMs / 1000),
    ...target.headers,
  }
  let url = new URL(target.url)
  for (let redirects = 0; ; redirects++) {
    const response = await answer(fetch, url, headers, signal)
    const location = REDIRECTS.has(response.status) ? response.headers.get('location') : null
    if (location === null) return response
    await response.body?.cancel()
    url = redirected(url, location)
    if (redirects === MAX_REDIRECTS) throw new Error(`the target redirects more than ${MAX_REDIRECTS} times`)
  }
}

async function answer(fetch: Fetch, url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url.href, { headers, signal })
  } catch (thrown) {
    if (signal.aborted) throw signal.reason
    throw new Error(`the target cannot be reached: ${reasonOf(thrown)}`, { cause: thrown })
  }
}

/** Where a redirect leads: within the origin or to its HTTPS, for the scrape's headers are meant for this host alone. */
function redirected(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined
  const isUpgrade = from.protocol === 'http:' && to?.protocol === 'https:' && to.hostname === from.hostname
  if (to && (to.origin === from.origin || isUpgrade)) return to
  throw new Error(`the target redirects to ${to?.origin ?? location}: name that as the target if it is meant`)
}

/** fetch says "fetch failed" and puts what happened into the cause. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const { cause } = thrown
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : thrown.message
}

/** Reads at most `limit` bytes; a longer body is dropped while it arrives. */
async function readBody(response: Response, limit: number): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array(0)
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > limit) throw new Error(`the exposition has more than ${limit} bytes, the limit of body_bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, bytes)
}
