import { asTidemarkError, type TidemarkError } from '../../schemas/errors.js'
import type { Clock } from '../../schemas/time.js'
import type { VictoriaMetricsClient } from './client.js'
import type { ServerFacts } from './server-facts.js'

/** VictoriaMetrics has written to disk what it took this long ago (-inmemoryDataFlushInterval is 5 s), ms. */
const KEPT_MS = 30_000
/** Bytes of requests kept at most. */
const KEPT_BYTES = 64 << 20
/** Waits between tries to reach a server that is down: the first, and the longest, ms. */
const FIRST_WAIT_MS = 200
const LONGEST_WAIT_MS = 5000

/** What keeping needs. */
export interface RecentWritesOptions {
  client: Pick<VictoriaMetricsClient, 'write' | 'facts'>
  clock: Clock
  sleep: (ms: number) => Promise<void>
  onError: (error: TidemarkError) => void
  /** Told what the server says of itself, each time it was asked. */
  onFacts: (facts: ServerFacts | undefined) => void
}

/**
 * The requests of the last seconds. VictoriaMetrics answers before what it took is on its disk: killed, it forgets the
 * last of it. So whenever a connection was made or lost the server is asked when it started, and if that is not known to
 * be the same process as before it is sent those requests again, which changes nothing where it has them.
 */
export class RecentWrites {
  readonly #options: RecentWritesOptions
  readonly #kept: { body: Uint8Array; takenMs: number }[] = []
  #bytes = 0
  #startedAt: string | undefined
  #isDoubtful = false
  #checking: Promise<void> | undefined
  #closed = false

  constructor(options: RecentWritesOptions) {
    this.#options = options
  }

  /** Keeps a request that the server has taken. */
  keep(body: Uint8Array): void {
    const nowMs = this.#options.clock()
    this.#kept.push({ body, takenMs: nowMs })
    this.#bytes += body.length
    const isPast = () => !this.#isDoubtful && this.#kept[0].takenMs < nowMs - KEPT_MS
    while (this.#kept.length > 0 && (isPast() || this.#bytes > KEPT_BYTES)) {
      this.#bytes -= this.#kept.shift()!.body.length
    }
  }

  /** Looks, until the server answers, whether it is the same process as before. To be called when a connection was made or lost. */
  doubt(): void {
    const isOfNoConcern = this.#kept.length === 0 && this.#startedAt !== undefined
    if (this.#closed || isOfNoConcern) return
    this.#isDoubtful = true
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined
    })
  }

  close(): void {
    this.#closed = true
  }

  async #check(): Promise<void> {
    for (
      let waitMs = FIRST_WAIT_MS;
      this.#isDoubtful && !this.#closed;
      waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)
    ) {
      try {
        this.#isDoubtful = false
        await this.#ask()
      } catch (thrown) {
        this.#isDoubtful = true
        const error = asTidemarkError(thrown)
        if (!error.retriable) this.#options.onError(error)
        await this.#options.sleep(waitMs)
      }
    }
  }

  async #ask(): Promise<void> {
    const { client, onFacts } = this.#options
    const facts = await client.facts()
    onFacts(facts)
    const isSame = facts !== undefined && facts.startedAt === this.#startedAt
    const kept = isSame ? [] : this.#kept.slice()
    for (const { body } of kept) await client.write(body)
    this.#startedAt = facts?.startedAt
  }
}
