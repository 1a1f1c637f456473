import type { MemoryLog } from '../../ingest/testing/memory-log.js'
import { Kind } from '../../schemas/points.js'

/** A point that a client sent, as the log holds it. */
export interface StoredPoint {
  /** `metric{label="value"}`, labels sorted */
  series: string
  kind: 'sample' | 'counter' | 'timer'
  timeMs: number
  value: number | 'stale'
  weight: number
}

const KIND_WORDS = { [Kind.Sample]: 'sample', [Kind.EventCounter]: 'counter', [Kind.EventTimer]: 'timer' } as const

/** Every point of the log, sorted by series and time; points of one series and time in order of arrival. */
export function storedPoints(log: MemoryLog): StoredPoint[] {
  const points = log.logged().map(
    ({ series, ...point }): StoredPoint => ({
      ...point,
      series: series.toString().replace(' (event)', ''),
      kind: KIND_WORDS[series.kind],
    }),
  )
  return points.sort((a, b) => (a.series === b.series ? a.timeMs - b.timeMs : a.series < b.series ? -1 : 1))
}

/** Points as lines `series = value @time`, with kind and weight where they are not those of a plain sample. */
export function asLines(points: readonly StoredPoint[], fromMs: number): string[] {
  return points.map(({ series, kind, timeMs, value, weight }) => {
    const what = kind === 'sample' ? '' : ` ${kind}`
    const times = weight === 1 ? '' : ` x${weight}`
    return `${series} = ${value}${times} @${timeMs - fromMs}${what}`
  })
}
