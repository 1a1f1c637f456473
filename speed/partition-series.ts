import type { LogRecord } from '../schemas/log/record.js'
import { IdTable } from '../schemas/series/id-table.js'
import { Series } from '../schemas/series/series.js'

/** The series of one partition, numbered. A record's series are looked up by id; bytes are decoded once. */
export class PartitionSeries {
  #ids = new IdTable()
  #series: Series[] = []
  #ofRecord = new Uint32Array(1024)

  get size(): number {
    return this.#series.length
  }

  /** By index. */
  get all(): readonly Series[] {
    return this.#series
  }

  /** Index here of each series of the record. Valid until the next call. */
  indexesOf(record: LogRecord): Uint32Array {
    const { seriesCount, ids } = record
    if (seriesCount > this.#ofRecord.length) this.#ofRecord = new Uint32Array(seriesCount * 2)
    let index = -1
    for (let i = 0; i < seriesCount; i++) {
      const low = ids[2 * i]
      const high = ids[2 * i + 1]
      // A sender names its series in the same order each time.
      index = this.#ids.add(low, high, index + 1)
      if (index === this.#series.length) this.#series.push(Series.copyOf(record.canonical(i), low, high))
      this.#ofRecord[i] = index
    }
    return this.#ofRecord
  }

  /** Forgets the series that are not marked. @returns for each old index the new one, or -1 */
  keep(used: Uint8Array): Int32Array {
    const newIndex = new Int32Array(this.#series.length).fill(-1)
    const kept: Series[] = []
    const ids = new IdTable(this.#series.length)
    this.#series.forEach((series, index) => {
      if (!used[index]) return
      newIndex[index] = ids.add(series.idLow, series.idHigh)
      kept.push(series)
    })
    this.#series = kept
    this.#ids = ids
    return newIndex
  }
}
