import { Kind } from '../schemas/points.js'
import type { WindowedSeries } from '../schemas/ports/series-source.js'
import type { Label, Series } from '../schemas/series/series.js'
import type { TimeRange } from '../schemas/time.js'
import type { SeriesPoints } from './collector.js'

/** The merged series, and what the reader of the answer must know. */
export interface Merged {
  series: WindowedSeries[]
  warnings: string[]
}

/**
 * Joins the points of a plan's parts, series by series. The parts come in order of time and share no window, so
 * joining is laying them end to end: nothing is counted twice, nothing is lost at a boundary.
 * @param range only points in (startMs, endMs] are kept
 * @param name what the series are called in the answer, if not by their own metric name
 */
export function mergeParts(parts: readonly (readonly SeriesPoints[])[], range: TimeRange, name?: string): Merged {
  const runs = new Map<string, SeriesPoints[]>()
  const clashes = new Set<string>()
  for (const part of parts) {
    for (const points of part) {
      const key = identity(points.series)
      const known = runs.get(key)
      if (!known) runs.set(key, [points])
      else if (known[0].series.kind === points.series.kind) known.push(points)
      else {
        clashes.add(points.series.metric)
        if (beats(points.series.kind, known[0].series.kind)) runs.set(key, [points])
      }
    }
  }
  const series = [...runs.values()].map((run) => joined(run, range, name)).filter((one) => one.timeMs.length > 0)
  const warnings = [...clashes].map(
    (metric) => `metric "${metric}" has series of several kinds with the same labels: readings hide occurrences`,
  )
  return { series, warnings }
}

/** A sample series beats an event series of the same name and labels, a counter beats a timer. */
function beats(kind: Kind, other: Kind): boolean {
  return kind === Kind.Sample || (kind === Kind.EventCounter && other !== Kind.Sample)
}

/** The canonical form without its kind. */
function identity(series: Series): string {
  return Buffer.from(series.canonical.buffer, series.canonical.byteOffset + 1, series.canonical.length - 1).toString(
    'latin1',
  )
}

function joined(run: readonly SeriesPoints[], range: TimeRange, name: string | undefined): WindowedSeries {
  const kept = run.map((points) => ({ points, ...within(points.timeMs, range) }))
  const length = kept.reduce((total, { from, to }) => total + to - from, 0)
  const merged = {
    labels: labelsOf(run[0].series, name),
    timeMs: new Float64Array(length),
    value: new Float64Array(length),
    stale: new Uint8Array(length),
  }
  let at = 0
  for (const { points, from, to } of kept) {
    merged.timeMs.set(points.timeMs.subarray(from, to), at)
    merged.value.set(points.value.subarray(from, to), at)
    merged.stale.set(points.stale.subarray(from, to), at)
    at += to - from
  }
  return merged
}

/** The indexes of the times in (startMs, endMs]. */
function within(timeMs: Float64Array, { startMs, endMs }: TimeRange): { from: number; to: number } {
  let from = 0
  let to = timeMs.length
  while (from < to && timeMs[from] <= startMs) from++
  while (to > from && timeMs[to - 1] > endMs) to--
  return { from, to }
}

/** The labels of a series with its metric name among them, sorted. */
export function labelsOf(series: Series, name: string = series.metric): Label[] {
  const labels: Label[] = [['__name__', name], ...series.labels]
  return labels.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0))
}
