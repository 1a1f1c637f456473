import type { LiveView, WindowSelection } from '../../schemas/ports/window-store.js'
import type { Series } from '../../schemas/series/series.js'
import { alignDown, alignUp, type TimeRange, WINDOW_MS } from '../../schemas/time.js'
import { type WindowBatch, WindowColumns } from '../../schemas/windows/columns.js'
import { NumberedSeries } from './numbered-series.js'
import { PackedBatch } from './packed-batch.js'

/** A batch and the numbers of its rows' series. */
interface HeldBatch {
  batch: WindowBatch
  numbers: Uint32Array
  /** Made when the first process asks for it. */
  packed?: PackedBatch
}

/**
 * The live view in this process' memory. A batch belongs to the view once it is put: its columns are not copied.
 *
 * What it covers: it begins empty, so it may only claim windows that were surely closed under its eyes. A window that
 * ends after the view began cannot have been closed before (watermarks are behind the clock), and one that a restart
 * finds unfinished is replayed and put here. So it covers every window that ends after `sinceMs`, and what trimming
 * leaves of that.
 */
export class EmbeddedLiveView implements LiveView {
  /** By start, then by partition. */
  readonly #held = new Map<number, Map<number, HeldBatch>>()
  #series = new NumberedSeries()
  #generation = 0
  #coveredFromMs: number

  /** @param sinceMs when this process began to close windows, ms since the epoch */
  constructor(sinceMs: number) {
    this.#coveredFromMs = alignDown(sinceMs, WINDOW_MS)
  }

  async put(batches: readonly WindowBatch[]): Promise<void> {
    for (const batch of batches) {
      const partitions = this.#held.get(batch.startMs) ?? new Map<number, HeldBatch>()
      if (!batch.closed && partitions.get(batch.partition)?.batch.closed) continue
      partitions.set(batch.partition, { batch, numbers: this.#number(batch) })
      this.#held.set(batch.startMs, partitions)
    }
  }

  async *read(selection: WindowSelection): AsyncIterable<WindowColumns> {
    const { wanted, count } = this.#series.select(selection.matchers, selection)
    if (count === 0) return
    // One view of the map before the first wait: a trim in between renumbers.
    for (const { batch, numbers } of this.#between(selection.startMs, selection.endMs)) {
      const windows = new WindowColumns(Math.min(count, batch.windows.length))
      for (let row = 0; row < numbers.length; row++) if (wanted[numbers[row]] === 1) windows.pushRow(batch.windows, row)
      if (windows.length > 0) yield windows
    }
  }

  async series(selection: WindowSelection): Promise<Series[]> {
    return this.#series.within(selection.matchers, selection)
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
    return this.#coveredFromMs
  }

  async trim(beforeMs: number): Promise<void> {
    this.#coveredFromMs = Math.max(this.#coveredFromMs, alignUp(beforeMs, WINDOW_MS))
    for (const startMs of this.#held.keys()) if (startMs < beforeMs) this.#held.delete(startMs)
    this.#forgetSeries(beforeMs)
  }

  async close(): Promise<void> {
    this.#held.clear()
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
      for (const [partition, { batch }] of partitions)
        partitions.set(partition, { batch, numbers: this.#number(batch) })
    }
  }
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
