import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Random } from '../../sim/random.js'

/** A message that was taken, once for each time that it was. */
export interface Receipt {
  /** Of the request's header. */
  key: string
  channel: string
  action: string
  recipient?: string
  incidentId: string
  service: string
  atMs: number
  /** True if the sender was told so: it had no reason to send the message again. */
  isAnswered: boolean
}

/** What it does to a request. */
type Mood = 'takes' | 'fails' | 'throttles' | 'stalls' | 'loses'

const FAILS = 0.04
const THROTTLES = 0.01
const STALLS = 0.01
/** Of messages that it takes, so many come again through no fault of the sender. */
const LOSES = 0.003
/** A body longer than this is nothing that we send, bytes. */
const MAX_BODY = 1_000_000

/** A webhook receiver that fails, throttles, stalls and loses replies at random, and remembers what it took. */
export class Receiver {
  readonly receipts: Receipt[] = []
  /** Requests by what was done to them. */
  readonly moods: Record<Mood, number> = { takes: 0, fails: 0, throttles: 0, stalls: 0, loses: 0 }
  readonly #random: Random
  readonly #onReceipt: (receipt: Receipt) => void
  #server: Server | undefined
  #port = 0
  #isKind = false

  /** @param onReceipt told of every message that is taken */
  constructor(random: Random, onReceipt: (receipt: Receipt) => void) {
    this.#random = random
    this.#onReceipt = onReceipt
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Listens, on the same port as before. */
  async start(): Promise<void> {
    if (this.#server) return
    const server = createServer(
      (request, response) => void this.#serve(request, response).catch(() => request.destroy()),
    )
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port, '127.0.0.1', resolve)
    })
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
  }

  /** Ends at once: whoever waits for an answer gets none. */
  async kill(): Promise<void> {
    const server = this.#server
    if (!server) return
    this.#server = undefined
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }

  /** Takes everything from now on. */
  calmDown(): void {
    this.#isKind = true
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request)
    const mood = this.#isKind ? 'takes' : this.#mood()
    this.moods[mood]++
    switch (mood) {
      case 'fails':
        response.writeHead(503).end()
        return
      case 'throttles':
        response.writeHead(429, { 'retry-after': '1' }).end()
        return
      case 'stalls':
        // The sender gives up by itself.
        return
      case 'loses':
        this.#take(request, body, false)
        request.destroy()
        return
      case 'takes': {
        const receipt = this.#take(request, body, true)
        response.once('close', () => {
          receipt.isAnswered = response.writableFinished
        })
        response.writeHead(200).end('ok')
      }
    }
  }

  #mood(): Mood {
    let drawn = this.#random.next()
    for (const [mood, share] of [
      ['fails', FAILS],
      ['throttles', THROTTLES],
      ['stalls', STALLS],
      ['loses', LOSES],
    ] as const) {
      if (drawn < share) return mood
      drawn -= share
    }
    return 'takes'
  }

  #take(request: IncomingMessage, body: string, isAnswered: boolean): Receipt {
    const { action, recipient, incident } = JSON.parse(body)
    const receipt: Receipt = {
      key: String(request.headers['idempotency-key']),
      channel: (request.url ?? '').slice(1),
      action,
      recipient,
      incidentId: incident.incidentId,
      service: incident.groupLabels.service,
      atMs: Date.now(),
      isAnswered,
    }
    this.receipts.push(receipt)
    this.#onReceipt(receipt)
    return receipt
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > MAX_BODY) throw new Error(`a message has more than ${MAX_BODY} bytes`)
  }
  return Buffer.concat(chunks).toString('utf8')
}
