import { decodeRecord } from '../../schemas/log/record.js'
import { isStaleAt, wordsOf } from '../../schemas/points.js'
import type { Log, LogAppend, Topic } from '../../schemas/ports/log.js'
import { Series } from '../../schemas/series/series.js'

/** A point as the log holds it. */
interface LoggedPoint {
  series: Series
  timeMs: number
  value: number | 'stale'
  weight: number
}

/** For tests: keeps what was appended, and can be told to fail or to wait. */
export class MemoryLog implements Log {
  readonly appended: LogAppend[] = []
  /** Runs before each append is kept. */
  beforeAppend: () => Promise<void> = async () => undefined

  async partitions(_topic: Topic): Promise<number> {
    return 4
  }

  async append(_topic: Topic, records: readonly LogAppend[]): Promise<void> {
    await this.beforeAppend()
    this.appended.push(...records)
  }

  consume(): Promise<never> {
    throw new Error('this log is only written')
  }

  async bounds(): Promise<never[]> {
    return []
  }

  async close(): Promise<void> {}

  /** Every point kept, in order of arrival within its partition, its series as text. */
  points(): (Omit<LoggedPoint, 'series'> & { series: string })[] {
    return this.logged().map((point) => ({ ...point, series: point.series.toString() }))
  }

  /** The same with the series themselves. */
  logged(): LoggedPoint[] {
    return this.appended.flatMap(({ value }) => {
      const record = decodeRecord(value)
      const words = wordsOf(record.value)
      const series = Array.from({ length: record.seriesCount }, (_, i) =>
        Series.fromCanonical(record.canonical(i).slice()),
      )
      return Array.from({ length: record.pointCount }, (_, p) => ({
        series: series[record.seriesIndex[p]],
        timeMs: record.baseMs + record.timeDelta[p],
        value: isStaleAt(words, p) ? ('stale' as const) : record.value[p],
        weight: record.weight?.[p] ?? 1,
      }))
    })
  }
}
