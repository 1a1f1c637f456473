import { type Dispatcher, Pool } from 'undici'
import { asTidemarkError, TidemarkError } from '../../schemas/errors.js'
import type { TimeRange } from '../../schemas/time.js'
import { type ServerFacts, serverFacts } from './server-facts.js'

/** Connections to the server: writes under way and a few reads. */
const CONNECTIONS = 16
/** VictoriaMetrics closes idle connections after a minute: ours end before. ms */
const KEEP_ALIVE_MS = 50_000
/** A request that gives no sign of life for this long has failed, ms. */
const TIMEOUT_MS = 30_000
/** Times are asked for a second wider: they travel as fractions of seconds. */
const MARGIN_MS = 1000
/** Statuses below 500 that say "not now". */
const NOT_NOW = [408, 425, 429]
/** Bytes of an error's text that are shown. */
const REASON_BYTES = 300

/** What is asked of a server. */
export interface ClientOptions {
  /** http://host:8428, with a path if a proxy adds one. */
  url: string
  /** Where to read; empty: at `url`. */
  readUrl: string
  /** Bearer token; empty: none. */
  token: string
  /** Called when a connection for writing was made or lost. */
  onConnection: () => void
}

/**
 * One VictoriaMetrics server, or the two sides of a cluster. Every call throws TM_HOTSTORE_UNAVAILABLE (retriable) if the server cannot be reached, is
 * too slow or fails, and TM_HOTSTORE_REFUSED if it says that the request is wrong. Nothing is tried twice here.
 */
export class VictoriaMetricsClient {
  readonly #writing: Side
  readonly #reading: Side
  readonly #headers: Record<string, string>

  constructor({ url, readUrl, token, onConnection }: ClientOptions) {
    this.#headers = token === '' ? {} : { authorization: `Bearer ${token}` }
    this.#writing = openSide(url)
    this.#writing.pool.on('connect', onConnection).on('disconnect', onConnection)
    this.#reading = readUrl === '' ? this.#writing : openSide(readUrl)
  }

  /** Sends a remote-write request, compressed by snappy. Resolves once the server has taken it. */
  async write(body: Uint8Array): Promise<void> {
    const headers = {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
    }
    await this.#text(this.#writing, { path: '/api/v1/write', method: 'POST', headers, body })
  }

  /** Every sample of a selector's series, as lines of JSON: those of the range and some beyond its ends. */
  async *export(selector: string, range: TimeRange): AsyncIterable<Uint8Array> {
    const form = { 'match[]': selector, ...timesOf(range), reduce_mem_usage: '1' }
    const response = await this.#request(this.#reading, formRequest('/api/v1/export', form))
    try {
      for await (const piece of response.body) yield piece
    } catch (cause) {
      throw unavailable(cause)
    }
  }

  /** The page of the server's own metrics; of a cluster nobody gives it at these addresses. */
  metrics(): Promise<string> {
    return this.#text(this.#writing, { path: '/metrics', method: 'GET' })
  }

  /** What the server says of itself; undefined if it does not say, as behind a proxy, and of a cluster. */
  async facts(): Promise<ServerFacts | undefined> {
    try {
      return serverFacts(await this.metrics())
    } catch (thrown) {
      const error = asTidemarkError(thrown)
      if (error.retriable) throw error
      return undefined
    }
  }

  async close(): Promise<void> {
    await this.#writing.pool.destroy()
    if (this.#reading !== this.#writing) await this.#reading.pool.destroy()
  }

  async #text(side: Side, request: Dispatcher.RequestOptions): Promise<string> {
    const { body } = await this.#request(side, request)
    try {
      return await body.text()
    } catch (cause) {
      throw unavailable(cause)
    }
  }

  async #request(side: Side, request: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData> {
    const response = await send(side.pool, {
      ...request,
      path: side.path + request.path,
      headers: { ...this.#headers, ...request.headers },
    })
    const { statusCode, body } = response
    if (statusCode < 300) return response
    const text = await body.text().catch(() => '')
    const reason = `${request.path} was answered with ${statusCode}: ${shortened(text)}`
    const isPassing = statusCode >= 500 || NOT_NOW.includes(statusCode)
    throw new TidemarkError(isPassing ? 'TM_HOTSTORE_UNAVAILABLE' : 'TM_HOTSTORE_REFUSED', { reason })
  }
}

/** One address of the server. */
interface Side {
  pool: Pool
  /** Set before every path. */
  path: string
}

function openSide(url: string): Side {
  const { origin, pathname } = new URL(url)
  const pool = new Pool(origin, {
    connections: CONNECTIONS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    connectTimeout: TIMEOUT_MS,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
  })
  return { pool, path: pathname.replace(/\/+$/, '') }
}

async function send(pool: Pool, request: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData> {
  try {
    return await pool.request(request)
  } catch (cause) {
    throw unavailable(cause)
  }
}

function formRequest(path: string, form: Record<string, string>): Dispatcher.RequestOptions {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return { path, method: 'POST', headers, body: new URLSearchParams(form).toString() }
}

/** Seconds, as the API has them. */
function timesOf({ startMs, endMs }: TimeRange): { start: string; end: string } {
  const seconds = (ms: number) => (Math.max(ms, 0) / 1000).toFixed(3)
  return { start: seconds(startMs - MARGIN_MS), end: seconds(endMs + MARGIN_MS) }
}

function unavailable(cause: unknown): TidemarkError {
  const reason = cause instanceof Error ? cause.message || String((cause as { code?: unknown }).code) : String(cause)
  return new TidemarkError('TM_HOTSTORE_UNAVAILABLE', { reason }, cause)
}

function shortened(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, ' ')
  return line.length > REASON_BYTES ? `${line.slice(0, REASON_BYTES)}…` : line
}
