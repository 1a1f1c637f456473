import { Encoder } from '@toondepauw/node-zstd'
import type { Config } from '../../schemas/config/schema.js'
import { TidemarkError } from '../../schemas/errors.js'
import type { HotStore, WindowSelection } from '../../schemas/ports/window-store.js'
import type { Series } from '../../schemas/series/series.js'
import { type Clock, WINDOW_MS } from '../../schemas/time.js'
import type { WindowBatch, WindowColumns } from '../../schemas/windows/columns.js'
import { CarrierLabels } from './carrier-labels.js'
import { VictoriaMetricsClient } from './client.js'
import { type Book, checkBatch, PartitionWriter } from './partition-writer.js'
import { ReadableSeries } from './readable-series.js'
import { FrameReader } from './reader.js'
import { RecentWrites } from './recent-writes.js'
import { Sender } from './sender.js'
import type { ServerFacts } from './server-facts.js'

/** Fast, and as small as the higher levels for this data. */
const ZSTD_LEVEL = 1

/** VictoriaMetrics holds new samples and series back from searches for up to four seconds, ms; and some more. */
const VISIBLE_AFTER_MS = 5_000

/** What the hot store needs beside its configuration. */
export interface VictoriaMetricsOptions {
  /** Windows older than this are not given, ms: who asks for all there are should not be searched years of hours. */
  keptMs: number
  clock: Clock
  /** Gives numbers in [0, 1). */
  random: () => number
  sleep: (ms: number) => Promise<void>
  /** Told of what fails in the background. */
  onError: (error: TidemarkError) => void
}

/** The hot store on the VictoriaMetrics server that the configuration names. Connects at the first use. */
export function createVictoriaMetricsHotStore(config: Config, options: VictoriaMetricsOptions): HotStore {
  return new VictoriaMetricsHotStore(config, options)
}

/**
 * Windows in VictoriaMetrics twice: as frames, which are exact and which Tidemark reads, and as readable series for people.
 *
 * - Where two processes write the same windows, what was written last by their clocks counts.
 * - What a killed VictoriaMetrics forgets of the last seconds is sent to it again while this process runs. If both die at
 *   once, those windows are missing here until the batch view has them.
 * - What is too old is removed by its -retentionPeriod.
 */
class VictoriaMetricsHotStore implements HotStore {
  readonly visibleAfterMs = VISIBLE_AFTER_MS
  readonly #options: VictoriaMetricsOptions
  readonly #client: VictoriaMetricsClient
  readonly #recent: RecentWrites
  readonly #labels: CarrierLabels
  readonly #reader: FrameReader
  readonly #writers = new Map<number, PartitionWriter>()
  readonly #newWriter: (partition: number) => PartitionWriter
  readonly #writing = new Set<Promise<unknown>>()
  /** ms from sample to sample; undefined until the server was asked. */
  #stepMs: number | undefined
  #asking: Promise<number> | undefined
  #trimmedMs = Number.NEGATIVE_INFINITY
  #closed = false

  constructor({ victoriametrics }: Config, options: VictoriaMetricsOptions) {
    const { url, read_url: readUrl, token, name, parts } = victoriametrics
    const { clock, sleep, onError } = options
    this.#options = options
    const client = new VictoriaMetricsClient({ url, readUrl, token, onConnection: () => this.#recent.doubt() })
    this.#client = client
    this.#recent = new RecentWrites({ client, clock, sleep, onError, onFacts: (facts) => this.#heed(facts) })
    this.#labels = new CarrierLabels(name)
    this.#reader = new FrameReader({ client, labels: this.#labels, clock, sleep })
    const sender = new Sender({ client, recent: this.#recent, sleep })
    const shared = {
      sender,
      zstd: new Encoder(ZSTD_LEVEL),
      labels: this.#labels,
      readable: new ReadableSeries(parts, name),
      clock,
      openBook: () => this.#openBook(),
    }
    this.#newWriter = (partition) => new PartitionWriter(partition, shared)
  }

  async write(batches: readonly WindowBatch[]): Promise<void> {
    if (this.#closed) throw new TidemarkError('TM_HOTSTORE_UNAVAILABLE', { reason: 'it is closed' })
    const byPartition = new Map<number, WindowBatch[]>()
    for (const batch of batches) {
      checkBatch(batch)
      const own = byPartition.get(batch.partition)
      if (own) own.push(batch)
      else byPartition.set(batch.partition, [batch])
    }
    const writing = Promise.allSettled([...byPartition].map(([partition, own]) => this.#writer(partition).write(own)))
    this.#writing.add(writing)
    const outcomes = await writing
    this.#writing.delete(writing)
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }

  async *read(selection: WindowSelection): AsyncIterable<WindowColumns> {
    yield* this.#reader.read(this.#untrimmed(selection))
  }

  /** Series whose windows ended within the hour of the start are named too. */
  async series(selection: WindowSelection): Promise<Series[]> {
    return this.#reader.series(this.#untrimmed(selection))
  }

  /** VictoriaMetrics removes by itself; from now on this store gives nothing older. */
  async trim(beforeMs: number): Promise<void> {
    this.#trimmedMs = Math.max(this.#trimmedMs, beforeMs)
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#writing)
    this.#recent.close()
    await this.#client.close()
  }

  #untrimmed(selection: WindowSelection): WindowSelection {
    const { clock, keptMs } = this.#options
    return { ...selection, startMs: Math.max(selection.startMs, this.#trimmedMs, clock() - keptMs) }
  }

  #writer(partition: number): PartitionWriter {
    let writer = this.#writers.get(partition)
    if (!writer) {
      writer = this.#newWriter(partition)
      this.#writers.set(partition, writer)
    }
    return writer
  }

  async #openBook(): Promise<Book> {
    const { clock, random } = this.#options
    const stepMs = this.#stepMs ?? (await this.#askStep())
    if (stepMs > WINDOW_MS) {
      const reason = `its -dedup.minScrapeInterval leaves one sample in ${stepMs} ms, and windows are ${WINDOW_MS} ms long`
      throw new TidemarkError('TM_HOTSTORE_REFUSED', { reason })
    }
    return { name: `${clock()}-${Math.floor(random() * 2 ** 48).toString(36)}`, stepMs }
  }

  /** Asks once, however many partitions wait for it. */
  #askStep(): Promise<number> {
    this.#asking ??= this.#client
      .facts()
      .then((facts) => this.#heed(facts))
      .finally(() => {
        this.#asking = undefined
      })
    return this.#asking
  }

  /** Samples must lie so far apart that none of them is taken for a duplicate. @returns how far, ms */
  #heed(facts: ServerFacts | undefined): number {
    const stepMs = Math.max(1, facts?.dedupMs ?? 1)
    if (stepMs !== this.#stepMs) for (const writer of this.#writers.values()) writer.endBook()
    this.#stepMs = stepMs
    return stepMs
  }
}
