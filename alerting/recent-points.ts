import { compareLabels, labelsKey, labelValue, METRIC_NAME } from '../promql/labels.js'
import type { SelectHints, WindowedSeries, WindowRows } from '../schemas/ports/series-source.js'
import { type Matcher, valuePredicate } from '../schemas/series/matcher.js'
import type { TimeRange } from '../schemas/time.js'
import type { RuleSource } from './ask.js'
import type { StoredPoint } from './record.js'

/** Points are remembered until the stores surely have them, ms of event time. */
const REMEMBERED_MS = 120_000

/** What rules recorded a moment ago: the next rules of their group see it before the stores have it. */
export class RecentPoints {
  #points: StoredPoint[] = []

  /** Adds what was recorded at a time, in the order of time; what is too old is forgotten. */
  add(points: readonly StoredPoint[]): void {
    const [first] = points
    if (!first) return
    const fromMs = first.timeMs - REMEMBERED_MS
    this.#points = [...this.#points.filter(({ timeMs }) => timeMs > fromMs), ...points]
  }

  /** Forgets what was recorded at this time or later: it is recorded anew. */
  forgetFrom(fromMs: number): void {
    this.#points = this.#points.filter(({ timeMs }) => timeMs < fromMs)
  }

  /** The source with these points behind those that it has itself. */
  over(source: RuleSource): RuleSource {
    const names = new Set(this.#points.map(({ labels }) => labelValue(labels, METRIC_NAME)))
    const touches = (matchers: readonly Matcher[]) => {
      const ofName = matchers.filter(({ name }) => name === METRIC_NAME).map(valuePredicate)
      return [...names].some((name) => ofName.every((test) => test(name)))
    }
    return {
      partialReasons: source.partialReasons,
      select: (matchers, range, hints) =>
        touches(matchers) ? this.#selectOver(source, matchers, range, hints) : source.select(matchers, range, hints),
      pushdown: async (request) => (touches(request.matchers) ? undefined : source.pushdown?.(request)),
    }
  }

  async *#selectOver(
    source: RuleSource,
    matchers: readonly Matcher[],
    range: TimeRange,
    hints: SelectHints,
  ): AsyncIterable<WindowedSeries> {
    const recent = this.#select(matchers, range)
    const found: WindowedSeries[] = []
    for await (const series of source.select(matchers, range, hints)) {
      const key = labelsKey(series.labels)
      found.push(withPoints(series, recent.get(key) ?? []))
      recent.delete(key)
    }
    for (const points of recent.values()) found.push(withPoints(emptySeries(points[0]), points))
    yield* found.sort((a, b) => compareLabels(a.labels, b.labels))
  }

  #select(matchers: readonly Matcher[], { startMs, endMs }: TimeRange): Map<string, StoredPoint[]> {
    const tests = matchers.map((matcher) => ({ name: matcher.name, test: valuePredicate(matcher) }))
    const selected = new Map<string, StoredPoint[]>()
    for (const point of this.#points) {
      const { labels, timeMs } = point
      if (timeMs <= startMs || timeMs > endMs) continue
      if (!tests.every(({ name, test }) => test(labelValue(labels, name)))) continue
      const key = labelsKey(labels)
      const already = selected.get(key)
      if (already) already.push(point)
      else selected.set(key, [point])
    }
    return selected
  }
}

function emptySeries({ labels }: StoredPoint): WindowedSeries {
  return { labels, timeMs: new Float64Array(0), value: new Float64Array(0), stale: new Uint8Array(0) }
}

/** The series with the points that lie behind its own. */
function withPoints(series: WindowedSeries, points: readonly StoredPoint[]): WindowedSeries {
  const newestMs = series.timeMs.at(-1) ?? Number.NEGATIVE_INFINITY
  const added = points.filter(({ timeMs }) => timeMs > newestMs)
  if (added.length === 0) return series
  const values = added.map(({ value }) => (typeof value === 'number' ? value : Number.NaN))
  const times = added.map(({ timeMs }) => timeMs)
  return {
    labels: series.labels,
    timeMs: joined(series.timeMs, times),
    value: joined(series.value, values),
    stale: Uint8Array.from([...series.stale, ...added.map(({ value }) => Number(value === 'stale'))]),
    ...(series.histogram && { histogram: [...series.histogram, ...added.map(() => undefined)] }),
    ...(series.startMs && {
      startMs: joined(
        series.startMs,
        times.map(() => 0),
      ),
    }),
    ...(series.windows && { windows: windowsWith(series.windows, times, values) }),
  }
}

/** Each point is a window of its own. */
function windowsWith(windows: WindowRows, times: readonly number[], values: readonly number[]): WindowRows {
  const finite = values.map((value) => (Number.isFinite(value) ? value : Number.NaN))
  const ones = finite.map((value) => (Number.isNaN(value) ? 0 : 1))
  return {
    kind: windows.kind,
    count: joined(windows.count, ones),
    sum: joined(
      windows.sum,
      finite.map((value) => (Number.isNaN(value) ? 0 : value)),
    ),
    min: joined(windows.min, finite),
    max: joined(windows.max, finite),
    first: joined(windows.first, values),
    firstMs: joined(windows.firstMs, times),
    increase: joined(
      windows.increase,
      values.map(() => 0),
    ),
    ...(windows.sketch && { sketch: [...windows.sketch, ...values.map(() => undefined)] }),
  }
}

function joined(column: Float64Array, more: readonly number[]): Float64Array {
  const all = new Float64Array(column.length + more.length)
  all.set(column)
  all.set(more, column.length)
  return all
}
