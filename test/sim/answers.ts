import type { WindowedSeries } from '../../schemas/ports/series-source.js'
import type { TimeRange } from '../../schemas/time.js'
import type { WindowColumns } from '../../schemas/windows/columns.js'
import type { MergedQuery } from '../../serving/merged-query.js'
import { type ExpectedWindow, type ExpectedWindows, seriesText, windowKey, windowOf } from './expected.js'

/** The parts of a window that are asked for through the merged view. */
export const PARTS = ['count', 'sum', 'min', 'max', 'first', 'last', 'increase', 'p50'] as const
export type AskedPart = (typeof PARTS)[number]

const WINDOW_MS = 10_000

/** One value of an answer; NaN where it is a staleness marker. */
interface AnswerPoint {
  value: number
  stale: boolean
}

/** Asks for a part of every window of a metric that starts in the range. @throws if an answer has a window twice */
export async function askPart(
  query: MergedQuery,
  metric: string,
  part: AskedPart,
  range: TimeRange,
): Promise<Map<string, AnswerPoint>> {
  const answer = new Map<string, AnswerPoint>()
  const matchers = [{ name: '__name__', op: '=' as const, value: `${metric}:${part}` }]
  for await (const series of query.select(
    matchers,
    { startMs: range.startMs + 1, endMs: range.endMs },
    { stepMs: 0 },
  )) {
    checkAscending(series)
    const text = seriesText(metric, series.labels)
    for (const [i, timeMs] of series.timeMs.entries()) {
      const startMs = windowOf(timeMs, WINDOW_MS)
      answer.set(windowKey(text, startMs), { value: series.value[i], stale: series.stale[i] === 1 })
    }
  }
  return answer
}

function checkAscending({ labels, timeMs }: WindowedSeries): void {
  for (let i = 1; i < timeMs.length; i++) {
    if (timeMs[i] <= timeMs[i - 1])
      throw new Error(`an answer of ${JSON.stringify(labels)} has ${timeMs[i]} after ${timeMs[i - 1]}`)
  }
}

/** Where an answer differs from the windows expected in a range, one line each. */
export function compareAnswer(
  answer: ReadonlyMap<string, AnswerPoint>,
  expected: ExpectedWindows,
  part: AskedPart,
  concerns: (key: string) => boolean,
): string[] {
  const wrong: string[] = []
  for (const [key, window] of expected) {
    if (!concerns(key)) continue
    const wanted = expectedPoint(window, part)
    const found = answer.get(key)
    if (!isSamePoint(part, wanted, found)) wrong.push(`${key} ${part}: ${show(found)} instead of ${show(wanted)}`)
  }
  for (const key of answer.keys()) {
    if (concerns(key) && !expected.has(key))
      wrong.push(`${key} ${part}: ${show(answer.get(key))}, but nothing was sent`)
  }
  return wrong
}

/** What a part says of a window; undefined where it says nothing. */
function expectedPoint(window: ExpectedWindow, part: AskedPart): AnswerPoint | undefined {
  if (part === 'first') return { value: window.first, stale: window.firstStale }
  if (part === 'last') return { value: window.last, stale: window.lastStale }
  if (window.count === 0) return window.lastStale ? { value: Number.NaN, stale: true } : undefined
  if (part === 'increase') return { value: window.isEvent ? window.sum : (window.increase ?? Number.NaN), stale: false }
  return { value: part === 'p50' ? window.median : window[part], stale: false }
}

function isSamePoint(part: AskedPart, wanted: AnswerPoint | undefined, found: AnswerPoint | undefined): boolean {
  if (!wanted || !found) return wanted === found
  if (wanted.stale !== found.stale) return false
  return wanted.stale || isSameValue(part, wanted.value, found.value)
}

/** Sums may differ by rounding, a quantile by the bound of a sketch that had to drop its schema once. */
function isSameValue(part: AskedPart, wanted: number, found: number): boolean {
  if (wanted === found || (Number.isNaN(wanted) && Number.isNaN(found))) return true
  const tolerance = part === 'p50' ? 0.0225 : part === 'sum' || part === 'increase' ? 1e-9 : 0
  return Math.abs(wanted - found) <= tolerance * Math.abs(wanted)
}

function show(point: AnswerPoint | undefined): string {
  return point === undefined ? 'nothing' : point.stale ? 'stale' : String(point.value)
}

/** Where windows read from a tier differ from those expected, one line each. */
export function compareWindows(chunks: readonly WindowColumns[], expected: ExpectedWindows): string[] {
  const wrong: string[] = []
  const missing = new Set(expected.keys())
  for (const windows of chunks) {
    for (let row = 0; row < windows.length; row++) {
      const series = windows.series[row]
      const key = windowKey(seriesText(series.metric, series.labels), windows.start[row])
      const wanted = expected.get(key)
      if (!wanted) wrong.push(`${key} is there, but nothing was sent`)
      else if (!missing.delete(key)) wrong.push(`${key} is there twice`)
      else wrong.push(...differences(windows, row, wanted).map((difference) => `${key} ${difference}`))
    }
  }
  for (const key of missing) wrong.push(`${key} is missing`)
  return wrong
}

function differences(windows: WindowColumns, row: number, wanted: ExpectedWindow): string[] {
  const wrong: string[] = []
  for (const column of ['count', 'sum', 'min', 'max', 'first', 'firstMs', 'last', 'lastMs'] as const) {
    const isRounded = column === 'sum'
    if (!isSameValue(isRounded ? 'sum' : 'count', wanted[column], windows[column][row])) {
      wrong.push(`${column}: ${windows[column][row]} instead of ${wanted[column]}`)
    }
  }
  const { increase } = wanted
  if (increase !== undefined && !isSameValue('increase', increase, windows.increase[row])) {
    wrong.push(`increase: ${windows.increase[row]} instead of ${increase}`)
  }
  const flags = (wanted.lastStale ? 1 : 0) + (wanted.firstStale ? 2 : 0) + (wanted.hasNonFinite ? 4 : 0)
  if (flags !== windows.stale[row]) wrong.push(`flags: ${windows.stale[row]} instead of ${flags}`)
  return wrong
}
