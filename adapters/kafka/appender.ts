import { TidemarkError } from '../../schemas/errors.js'
import type { LogAppend } from '../../schemas/ports/log.js'
import type { Clock } from '../../schemas/time.js'
import type { BatchProducer } from './client-parts.js'
import { settledWithin } from './deadline.js'
import { faultOf, logError } from './faults.js'
import { type QueuedRecord, type RequestLimits, requestLength } from './send-queue.js'

/** A request that is not through after this is given up with its producer, ms. */
const SEND_MS = 20_000

/** What the appends to one topic need. */
export interface AppenderParts {
  /** Name of the topic in Kafka. */
  topic: string
  connect(): Promise<BatchProducer>
  /** Never rejects: what is not known is guessed low. */
  limits(): Promise<RequestLimits>
  /** Bytes that may wait. */
  queueBytes: number
  clock: Clock
}

/** One call of append: it is through once the last of its records is. */
interface Call {
  left: number
  isSettled: boolean
  resolve: () => void
  reject: (cause: unknown) => void
}

interface Waiting extends QueuedRecord {
  call: Call
}

/**
 * Appends to one topic, one request at a time: calls that come while one is under way share the next. The client counts
 * sequence numbers by its calls, and takes one back when a request fails, so that the next batch would pass for a repeat
 * of the failed one and be dropped: a second request must never wait behind one that may fail, and a producer that failed
 * is never used again.
 */
export class Appender {
  readonly #parts: AppenderParts
  #queue: Waiting[] = []
  #queuedBytes = 0
  #producer: BatchProducer | undefined
  #running: Promise<void> | undefined
  #isClosed = false

  constructor(parts: AppenderParts) {
    this.#parts = parts
  }

  /**
   * Resolves once every replica in sync has the records. They may not change until then.
   * @throws TM_LOG_UNAVAILABLE, TM_LOG_TOPIC, TM_LOG_DENIED, TM_LOG_BACKPRESSURE (retriable), TM_LOG_RECORD_SIZE; some of
   * the records may be stored all the same
   */
  append(records: readonly LogAppend[]): Promise<void> {
    if (records.length === 0) return Promise.resolve()
    if (this.#isClosed) return Promise.reject(new TidemarkError('TM_LOG_UNAVAILABLE', { reason: 'it is closed' }))
    const bytes = records.reduce((total, { value }) => total + value.length, 0)
    if (this.#queuedBytes > 0 && this.#queuedBytes + bytes > this.#parts.queueBytes) {
      const details = { bytes: this.#queuedBytes, limit: this.#parts.queueBytes }
      return Promise.reject(new TidemarkError('TM_LOG_BACKPRESSURE', details))
    }
    this.#queuedBytes += bytes
    return new Promise((resolve, reject) => {
      const call = { left: records.length, isSettled: false, resolve, reject }
      for (const { partition, value } of records) {
        this.#queue.push({ partition, value: Buffer.from(value.buffer, value.byteOffset, value.byteLength), call })
      }
      this.#running ??= this.#run()
    })
  }

  /** Takes no more, and resolves once what waits is sent or refused. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#running
    await this.#dropProducer()
  }

  async #run(): Promise<void> {
    // The calls of this turn of the event loop go together.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#queue.length > 0) await this.#sendNext()
    this.#running = undefined
  }

  async #sendNext(): Promise<void> {
    const request = this.#take(requestLength(this.#queue, await this.#parts.limits()))
    try {
      const stored = await this.#send(request)
      for (const { partition, call } of request) {
        if (stored.has(partition)) pass(call)
        else fail(call, new TidemarkError('TM_LOG_UNAVAILABLE', { reason: `partition ${partition} has no leader` }))
      }
      // A producer that knows no leader of a partition leaves its records out; a new one has new metadata.
      if (request.some(({ partition }) => !stored.has(partition))) await this.#dropProducer()
    } catch (thrown) {
      const error = logError(thrown, this.#parts.topic)
      // At the close nobody waits for an outage to end.
      for (const { call } of this.#isClosed ? [...request, ...this.#queue] : request) fail(call, error)
    }
    this.#forgetSettled()
  }

  /** A batch whose sequence number the broker does not accept is not stored: it goes out once more under a new id. */
  async #send(request: readonly Waiting[]): Promise<Set<number>> {
    try {
      return await this.#sendOnce(request)
    } catch (thrown) {
      if (faultOf(thrown).kind !== 'sequence') throw thrown
      return await this.#sendOnce(request)
    }
  }

  async #sendOnce(request: readonly Waiting[]): Promise<Set<number>> {
    try {
      const producer = await this.#connected()
      return await settledWithin(SEND_MS, producer.send(this.#parts.topic, request, this.#parts.clock()))
    } catch (thrown) {
      await this.#dropProducer()
      throw thrown
    }
  }

  async #connected(): Promise<BatchProducer> {
    if (this.#producer) return this.#producer
    const connecting = this.#parts.connect()
    try {
      this.#producer = await settledWithin(SEND_MS, connecting)
      return this.#producer
    } catch (thrown) {
      connecting.then((late) => late.close()).catch(() => undefined)
      throw thrown
    }
  }

  #take(length: number): Waiting[] {
    const taken = this.#queue.splice(0, length)
    for (const { value } of taken) this.#queuedBytes -= value.length
    return taken
  }

  /** The rest of a call that failed need not be sent: its caller will come with all of it again. */
  #forgetSettled(): void {
    const left = this.#queue.filter(({ call }) => !call.isSettled)
    if (left.length === this.#queue.length) return
    this.#queue = left
    this.#queuedBytes = left.reduce((total, { value }) => total + value.length, 0)
  }

  /** Its connections end by themselves; one that hangs must not hold up the next. */
  async #dropProducer(): Promise<void> {
    const producer = this.#producer
    this.#producer = undefined
    if (producer) await settledWithin(1000, producer.close()).catch(() => undefined)
  }
}

function pass(call: Call): void {
  if (--call.left > 0 || call.isSettled) return
  call.isSettled = true
  call.resolve()
}

function fail(call: Call, error: TidemarkError): void {
  if (call.isSettled) return
  call.isSettled = true
  call.reject(error)
}
