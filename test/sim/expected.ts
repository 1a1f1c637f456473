import type { Rollup } from '../../schemas/config/schema.js'
import { Kind } from '../../schemas/points.js'
import type { SimPoint, SimSeries } from './client.js'

/** What a window must say, worked out from the list of points alone, with nothing of the project's aggregates. */
export interface ExpectedWindow {
  count: number
  sum: number
  min: number
  max: number
  first: number
  firstMs: number
  firstStale: boolean
  last: number
  lastMs: number
  lastStale: boolean
  /** True for event series and everything that a rollup makes: they grow by their sum. */
  isEvent: boolean
  /** Some point is NaN, an infinity or a staleness marker. */
  hasNonFinite: boolean
  /** Undefined where nothing promises it: growth of a rollup over more than one window. */
  increase: number | undefined
  /** Smallest value whose rank reaches half of the weight; NaN if there is no finite value. */
  median: number
}

/** Windows by {@link windowKey}. */
export type ExpectedWindows = Map<string, ExpectedWindow>

/** One text for one window of one series; no two kinds share a metric here. */
export function windowKey(series: string, startMs: number): string {
  return `${series} @${startMs}`
}

/** One text for one series, whatever the order of its labels. */
export function seriesText(metric: string, labels: Iterable<readonly [string, string]>): string {
  const pairs = [...labels].filter(([name]) => name !== '__name__').sort(([a], [b]) => (a < b ? -1 : 1))
  return `${metric}{${pairs.map(([name, value]) => `${name}=${value}`).join(',')}}`
}

const FINEST_MS = 10_000

/** Every window of length `windowMs` that the points make, those of rollups included. */
export function expectedWindows(
  points: readonly SimPoint[],
  windowMs: number,
  rollups: readonly Rollup[],
): ExpectedWindows {
  const expected: ExpectedWindows = new Map()
  const hidden = new Set(rollups.filter(({ keep_source }) => !keep_source).map(({ match }) => match))
  for (const [series, own] of groupBy(points, (point) => point.series)) {
    if (hidden.has(series.metric)) continue
    const text = seriesText(series.metric, Object.entries(series.labels))
    for (const [startMs, inWindow] of byWindow(distinct(own), windowMs))
      expected.set(windowKey(text, startMs), fold(inWindow))
  }
  for (const rollup of rollups) {
    const sources = points.filter(({ series }) => series.metric === rollup.match)
    for (const [text, own] of groupBy(sources, ({ series }) => derivedText(series, rollup))) {
      const kept = [...groupBy(own, (point) => point.series).values()].flatMap(distinct)
      for (const [startMs, inWindow] of byWindow(kept, windowMs)) {
        expected.set(windowKey(text, startMs), {
          ...fold(inWindow),
          isEvent: true,
          increase: windowMs === FINEST_MS ? growthOfEach(inWindow) : undefined,
        })
      }
    }
  }
  return expected
}

function derivedText({ labels }: SimSeries, { match, by }: Rollup): string {
  const kept = Object.entries(labels).filter(([name]) => by.includes(name))
  return seriesText(`${match}:by_${by.join('_')}`, kept)
}

/** The points of one series in order of time; of readings at one time the largest alone. */
export function distinct(points: readonly SimPoint[]): SimPoint[] {
  const sorted = [...points].sort(inOrder)
  return sorted.filter((point, i) => point.series.kind !== Kind.Sample || point.timeMs !== sorted[i + 1]?.timeMs)
}

/** By time, then by value: a marker below NaN, NaN below every number. */
function inOrder(a: SimPoint, b: SimPoint): number {
  const rank = (point: SimPoint) => (point.stale ? 0 : Number.isNaN(point.value) ? 1 : 2)
  if (a.timeMs !== b.timeMs) return a.timeMs - b.timeMs
  if (rank(a) !== rank(b)) return rank(a) - rank(b)
  return rank(a) < 2 || a.value === b.value ? 0 : a.value < b.value ? -1 : 1
}

/** Start of the window that holds a time: (start, start + windowMs]. */
export function windowOf(timeMs: number, windowMs: number): number {
  const past = timeMs % windowMs
  return timeMs - (past === 0 ? windowMs : past)
}

function byWindow(points: readonly SimPoint[], windowMs: number): Map<number, SimPoint[]> {
  return groupBy(points, ({ timeMs }) => windowOf(timeMs, windowMs))
}

function fold(unsorted: readonly SimPoint[]): ExpectedWindow {
  const points = [...unsorted].sort(inOrder)
  const finite = points.filter((point) => !point.stale && Number.isFinite(point.value))
  const values = finite.map((point) => point.value)
  const first = points[0]
  const last = points[points.length - 1]
  return {
    count: finite.reduce((total, { weight }) => total + weight, 0),
    sum: finite.reduce((total, { value, weight }) => total + value * weight, 0),
    min: values.length > 0 ? Math.min(...values) : Number.NaN,
    max: values.length > 0 ? Math.max(...values) : Number.NaN,
    first: first.stale ? Number.NaN : first.value,
    firstMs: first.timeMs,
    firstStale: first.stale,
    last: last.stale ? Number.NaN : last.value,
    lastMs: last.timeMs,
    lastStale: last.stale,
    increase: last.series.kind === Kind.Sample ? growth(points) : 0,
    median: median(finite),
    isEvent: last.series.kind !== Kind.Sample,
    hasNonFinite: points.some((point) => point.stale || !Number.isFinite(point.value)),
  }
}

function growthOfEach(points: readonly SimPoint[]): number {
  const sources = [...groupBy(points, (point) => point.series)]
  return sources.reduce(
    (total, [{ kind }, own]) => total + (kind === Kind.Sample ? growth([...own].sort(inOrder)) : 0),
    0,
  )
}

function growth(points: readonly SimPoint[]): number {
  let grown = 0
  for (let i = 1; i < points.length; i++) {
    const from = points[i - 1]
    const to = points[i]
    if (from.stale || to.stale || !Number.isFinite(from.value) || !Number.isFinite(to.value)) continue
    grown += to.value >= from.value ? to.value - from.value : to.value
  }
  return grown
}

function median(finite: readonly SimPoint[]): number {
  const sorted = [...finite].sort((a, b) => a.value - b.value)
  const half = sorted.reduce((total, { weight }) => total + weight, 0) / 2
  let passed = 0
  for (const { value, weight } of sorted) {
    passed += weight
    if (passed >= half) return value
  }
  return Number.NaN
}

/** Things by what a function says of them. */
export function groupBy<T, K>(things: readonly T[], keyOf: (thing: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const thing of things) {
    const key = keyOf(thing)
    const group = groups.get(key)
    if (group) group.push(thing)
    else groups.set(key, [thing])
  }
  return groups
}
