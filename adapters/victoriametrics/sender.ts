import { compress } from 'snappy'
import type { VictoriaMetricsClient } from './client.js'
import type { RecentWrites } from './recent-writes.js'
import { retried, WRITE_WAITS_MS } from './retry.js'
import { WriteRequest } from './write-request.js'

/** A request is sent once it has this many bytes; VictoriaMetrics takes 32 MiB. */
const REQUEST_BYTES = 4 << 20
/** With this many windows a request waits for no others. */
const ENOUGH_WINDOWS = 1000
/** A smaller one waits this long, ms. */
const LINGER_MS = 20
/** Requests under way at a time. */
const MAX_IN_FLIGHT = 2

/** What a sender works with. */
export interface SenderOptions {
  client: Pick<VictoriaMetricsClient, 'write'>
  recent: Pick<RecentWrites, 'keep'>
  sleep: (ms: number) => Promise<void>
}

/** Something that was added to a request. */
export interface Sent {
  /** Resolves once the server has taken it; rejects with TM_HOTSTORE_UNAVAILABLE or TM_HOTSTORE_REFUSED. */
  delivered: Promise<void>
}

/** A request, the windows in it, and the promise that it was taken. */
interface Parcel {
  request: WriteRequest
  windows: number
  delivered: Promise<void>
  resolve: () => void
  reject: (cause: unknown) => void
}

/** Gathers what many writers write into few requests and sends them. Memory is bounded: writers wait for room. */
export class Sender {
  readonly #options: SenderOptions
  /** Never more than are filled at a time: those under way and the one that is open. */
  readonly #spare: WriteRequest[] = []
  #open: Parcel | undefined
  #due: NodeJS.Timeout | undefined
  #inFlight = 0
  #waiting: (() => void)[] = []

  constructor(options: SenderOptions) {
    this.#options = options
  }

  /**
   * Adds to the request that is being filled, once there is room.
   * @param windows how many windows come to rest with it
   */
  async add(windows: number, fill: (request: WriteRequest) => void): Promise<Sent> {
    while (this.#open && this.#open.request.length >= REQUEST_BYTES) {
      await new Promise<void>((resume) => this.#waiting.push(resume))
    }
    this.#open ??= this.#newParcel()
    const parcel = this.#open
    fill(parcel.request)
    parcel.windows += windows
    this.#schedule(parcel)
    return { delivered: parcel.delivered }
  }

  #schedule({ request, windows }: Parcel): void {
    if (request.length >= REQUEST_BYTES) this.#sendOpen()
    else if (this.#due === undefined || windows >= ENOUGH_WINDOWS) {
      clearTimeout(this.#due)
      this.#due = setTimeout(() => this.#sendOpen(), windows >= ENOUGH_WINDOWS ? 0 : LINGER_MS)
    }
  }

  /** Sends what was gathered, unless enough is under way: then it goes when that has arrived. */
  #sendOpen(): void {
    const parcel = this.#open
    if (!parcel || this.#inFlight === MAX_IN_FLIGHT) return
    clearTimeout(this.#due)
    this.#due = undefined
    this.#open = undefined
    this.#inFlight++
    void this.#deliver(parcel)
      .then(parcel.resolve, parcel.reject)
      .then(() => {
        this.#inFlight--
        this.#sendOpen()
      })
    for (const resume of this.#waiting.splice(0)) resume()
  }

  async #deliver({ request }: Parcel): Promise<void> {
    const { client, recent, sleep } = this.#options
    // VictoriaMetrics takes zstd too, to two fifths of the bytes, but that costs it a third more CPU.
    const body = await compress(request.written())
    request.clear()
    this.#spare.push(request)
    await retried(() => client.write(body), WRITE_WAITS_MS, sleep)
    recent.keep(body)
  }

  #newParcel(): Parcel {
    const request = this.#spare.pop() ?? new WriteRequest()
    let settle: Pick<Parcel, 'resolve' | 'reject'> | undefined
    const delivered = new Promise<void>((resolve, reject) => {
      settle = { resolve, reject }
    })
    // A writer may have left, by an error of another request, before it waits for this one.
    delivered.catch(() => undefined)
    return { request, windows: 0, delivered, ...settle! }
  }
}
