/** A point as the client sent it. */
export interface SentPoint {
  metric: string
  labels: Record<string, string>
  timeMs: number
  value: number
  /** True: an occurrence, every one of which counts; false: a reading, one a series and time. */
  isEvent: boolean
}

/** What a window must say, by part. */
export interface ExpectedWindow {
  metric: string
  labels: Record<string, string>
  startMs: number
  count: number
  sum: number
  min: number
  max: number
  first: number
  last: number
  increase: number
}

const WINDOW_MS = 10_000

/** Start of the window that holds a time: start < t <= start + 10 s. */
export function windowOf(timeMs: number): number {
  return Math.ceil(timeMs / WINDOW_MS) * WINDOW_MS - WINDOW_MS
}

/**
 * The windows of a list of points, worked out from the list alone and with nothing of the project's code: sort, drop
 * repeated readings, loop.
 */
export function expectedWindows(points: readonly SentPoint[]): ExpectedWindow[] {
  const byWindow = new Map<string, SentPoint[]>()
  for (const point of points) {
    const startMs = windowOf(point.timeMs)
    const key = `${seriesKey(point.metric, point.labels)} ${startMs}`
    byWindow.set(key, [...(byWindow.get(key) ?? []), point])
  }
  return [...byWindow.values()].map(expectedWindow)
}

/** One text for one series, whatever the order of its labels. */
export function seriesKey(metric: string, labels: Record<string, string>): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
  return `${metric}${JSON.stringify(sorted)}`
}

function expectedWindow(unsorted: SentPoint[]): ExpectedWindow {
  const sorted = [...unsorted].sort((a, b) => a.timeMs - b.timeMs || a.value - b.value)
  const points = sorted.filter((point, i) => point.isEvent || point.timeMs !== sorted[i + 1]?.timeMs)
  const values = points.map((point) => point.value)
  const growth = values.slice(1).map((value, i) => (value >= values[i] ? value - values[i] : value))
  const { metric, labels, timeMs, isEvent } = points[0]
  const sum = values.reduce((total, value) => total + value, 0)
  return {
    metric,
    labels,
    startMs: windowOf(timeMs),
    count: values.length,
    sum,
    min: Math.min(...values),
    max: Math.max(...values),
    first: values[0],
    last: values[values.length - 1],
    increase: isEvent ? sum : growth.reduce((total, value) => total + value, 0),
  }
}
