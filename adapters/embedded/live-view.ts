import { TidemarkError } from '../../schemas/errors.js'
import type { ChangeListener, ChangeWatch, WindowChanges } from '../../schemas/ports/window-changes.js'
import type { LiveFeed, LiveView, WindowSelection } from '../../schemas/ports/window-store.js'
import { metricHash } from '../../schemas/series/metric-hash.js'
import type { Series } from '../../schemas/series/series.js'
import { alignUp, type TimeRange, WINDOW_MS } from '../../schemas/time.js'
import type { WindowBatch, WindowColumns } from '../../schemas/windows/columns.js'
import { ChangeListeners } from '../change-listeners.js'
import { NumberedSeries } from './numbered-series.js'
import { PackedBatch } from './packed-batch.js'

/** A batch and the numbers of its rows' series. */
interface HeldBatch {
  batch: WindowBatch
  /** Which of all that were put it is. */
  put: number
  numbers: Uint32Array
  /** Made when the first process asks for it. */
  packed?: PackedBatch
}

/** How far a partition is fed. */
interface FedPartition {
  /** Windows that were closed and start at or after this, and end at or before `throughMs`, are held. */
  fromMs: number
  throughMs: number
}

/** The live view in this process' memory. A batch belongs to the view once it is put: its columns are not copied. */
export class EmbeddedLiveView implements LiveView, WindowChanges {
  readonly #partitions: number
  readonly #fed = new Map<number, FedPartition>()
  /** By start, then by partition. */
  readonly #held = new Map<number, Map<number, HeldBatch>>()
  readonly #listeners = new ChangeListeners()
  #series = new NumberedSeries()
  #generation = 0
  #trimmedMs = 0
  #puts = 0

  /** @param partitions that there are: nothing is covered before all of them are fed */
  constructor(partitions: number) {
    this.#partitions = partitions
  }

  async follow(partition: number, closedThroughMs: number): Promise<LiveFeed> {
    const before = this.#fed.get(partition)
    const isGapless = before !== undefined && before.throughMs >= closedThroughMs
    const fed = { fromMs: isGapless ? before.fromMs : closedThroughMs, throughMs: closedThroughMs }
    this.#fed.set(partition, fed)
    const checkFed = () => {
      if (this.#fed.get(partition) === fed) return
      throw new TidemarkError('TM_LIVEVIEW_UNAVAILABLE', {
        reason: `partition ${partition} is fed by someone else now`,
      })
    }
    return {
      put: async (batches, throughMs) => {
        checkFed()
        const taken = batches.filter((batch) => this.#put(batch))
        fed.throughMs = throughMs
        if (taken.length > 0 && this.#listeners.size > 0) this.#listeners.changed(metricsOf(taken))
      },
      beat: async () => checkFed(),
    }
  }

  async *read(selection: WindowSelection): AsyncIterable<WindowColumns> {
    const { wanted, count } = this.#series.select(selection.matchers, selection)
    if (count === 0) return
    // One view of the map before the first wait: a trim in between renumbers.
    for (const { batch, numbers } of this.#between(selection.startMs, selection.endMs)) {
      const rows = new Uint32Array(Math.min(count, numbers.length))
      let found = 0
      for (let row = 0; row < numbers.length; row++) if (wanted[numbers[row]] === 1) rows[found++] = row
      if (found > 0) yield batch.windows.picked(rows, found)
    }
  }

  async series(selection: WindowSelection): Promise<Series[]> {
    return this.#series.within(selection.matchers, selection)
  }

  async watch(listener: ChangeListener): Promise<ChangeWatch> {
    return this.#listeners.add(listener)
  }

  /** Its series by number. */
  get numbered(): NumberedSeries {
    return this.#series
  }

  /** Grows whenever the series are numbered anew. */
  get generation(): number {
    return this.#generation
  }

  /**
   * Windows of metrics as chunks that name their series by number.
   * @param numbers of the series that are wanted; left out: all of the metrics, which are packed once for all who ask
   * @returns undefined between the chunks where some time has passed without one
   */
  packed(range: TimeRange, metrics: Uint32Array, numbers?: Uint32Array): Iterable<Uint8Array | undefined> {
    let wanted: Uint8Array | undefined
    if (numbers) {
      wanted = new Uint8Array(this.#series.size)
      for (const number of numbers) wanted[number] = 1
    }
    // One view of the map, as for reading: what is held now keeps its numbers.
    return packedOf(this.#between(range.startMs, range.endMs), this.#series, metrics, wanted)
  }

  async coveredFromMs(): Promise<number | undefined> {
    if (this.#fed.size < this.#partitions) return undefined
    return Math.max(this.#trimmedMs, ...[...this.#fed.values()].map(({ fromMs }) => fromMs))
  }

  async versions({ startMs, endMs }: TimeRange): Promise<ReadonlyMap<number, string>> {
    const versions = new Map<number, string>()
    for (const [start, partitions] of this.#held) {
      if (start < startMs || start >= endMs) continue
      // Of what is put the newest counts: a put changes this name, whichever partition it is of.
      versions.set(start, String(Math.max(...[...partitions.values()].map(({ put }) => put))))
    }
    return versions
  }

  async trim(beforeMs: number): Promise<void> {
    this.#trimmedMs = Math.max(this.#trimmedMs, alignUp(beforeMs, WINDOW_MS))
    for (const startMs of this.#held.keys()) if (startMs < beforeMs) this.#held.delete(startMs)
    this.#forgetSeries(beforeMs)
  }

  async close(): Promise<void> {
    this.#held.clear()
  }

  /** @returns false for a batch that the view has no use for */
  #put(batch: WindowBatch): boolean {
    const { startMs, partition, closed } = batch
    if (startMs < this.#trimmedMs) return false
    const partitions = this.#held.get(startMs) ?? new Map<number, HeldBatch>()
    if (!closed && partitions.get(partition)?.batch.closed) return false
    partitions.set(partition, { batch, put: ++this.#puts, numbers: this.#number(batch) })
    this.#held.set(startMs, partitions)
    return true
  }

  #number(batch: WindowBatch): Uint32Array {
    const numbers = new Uint32Array(batch.windows.length)
    for (let row = 0; row < numbers.length; row++) {
      numbers[row] = this.#series.add(batch.windows.series[row])
      this.#series.seen(numbers[row], batch.startMs)
    }
    return numbers
  }

  #between(startMs: number, endMs: number): HeldBatch[] {
    const batches: HeldBatch[] = []
    for (const [start, partitions] of this.#held) {
      if (start >= startMs && start < endMs) batches.push(...partitions.values())
    }
    return batches
  }

  /** Numbers the series anew once half of them have no window left, so that short-lived ones do not pile up. */
  #forgetSeries(beforeMs: number): void {
    let gone = 0
    for (let number = 0; number < this.#series.size; number++) if (this.#series.lastMs(number) < beforeMs) gone++
    if (gone * 2 <= this.#series.size || gone === 0) return
    this.#series = new NumberedSeries()
    this.#generation++
    for (const partitions of this.#held.values()) {
      // A fresh object: a read under way still holds the old numbers.
      for (const [partition, { batch, put }] of partitions)
        partitions.set(partition, { batch, put, numbers: this.#number(batch) })
    }
  }
}

function metricsOf(batches: readonly WindowBatch[]): Uint32Array {
  const names = new Set<string>()
  for (const { windows } of batches) for (const { metric } of windows.series) names.add(metric)
  return Uint32Array.from(names, metricHash).sort()
}

function* packedOf(
  batches: readonly HeldBatch[],
  series: NumberedSeries,
  metrics: Uint32Array,
  wanted: Uint8Array | undefined,
): Generator<Uint8Array | undefined> {
  for (const held of batches) {
    held.packed ??= new PackedBatch(held.batch, held.numbers, series)
    for (const metric of metrics) yield* wanted ? held.packed.picked(metric, wanted) : held.packed.whole(metric)
    yield undefined
  }
}
