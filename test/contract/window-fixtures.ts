import { Kind } from '../../schemas/points.js'
import type { WindowReader, WindowSelection } from '../../schemas/ports/window-store.js'
import type { Matcher, MatchOp } from '../../schemas/series/matcher.js'
import { type Labels, Series } from '../../schemas/series/series.js'
import { Sketch } from '../../schemas/sketch/sketch.js'
import { WINDOW_COLUMNS, type WindowBatch, WindowColumns } from '../../schemas/windows/columns.js'

/** A start of a window that every store holds: near the clock, on the grid. */
export const T0 = Math.floor(Date.now() / 600_000) * 600_000 - 600_000

export const cpu = (labels: Labels = {}): Series => Series.of('cpu', labels, Kind.Sample)
export const memory = (labels: Labels = {}): Series => Series.of('memory', labels, Kind.Sample)

/** A window as a test writes it: a single reading, or a distribution of several. */
export interface Reading {
  series: Series
  values: number[]
  stale?: number
}

/** A batch of windows whose readings are 1 s apart. */
export function batch(startMs: number, partition: number, readings: readonly Reading[], closed = true): WindowBatch {
  const windows = new WindowColumns()
  for (const { series, values, stale } of readings) {
    const row = windows.push(series, startMs)
    const finite = values.filter(Number.isFinite)
    windows.count[row] = finite.length
    windows.sum[row] = finite.reduce((sum, value) => sum + value, 0)
    windows.min[row] = finite.length ? Math.min(...finite) : Number.NaN
    windows.max[row] = finite.length ? Math.max(...finite) : Number.NaN
    windows.first[row] = values[0]
    windows.firstMs[row] = startMs + 1000
    windows.last[row] = values[values.length - 1]
    windows.lastMs[row] = startMs + values.length * 1000
    windows.increase[row] = 0
    windows.stale[row] = stale ?? 0
    if (new Set(finite).size > 1) {
      const sketch = new Sketch()
      for (const value of finite) sketch.add(value, 1)
      windows.sketch[row] = sketch
    }
  }
  return { partition, startMs, closed, windows }
}

/** Matchers from triples. */
export function matching(...triples: [name: string, op: MatchOp, value: string][]): Matcher[] {
  return triples.map(([name, op, value]) => ({ name, op, value }))
}

/** Everything from ten minutes before T0 to ten minutes after. */
export function everything(...triples: [name: string, op: MatchOp, value: string][]): WindowSelection {
  return { startMs: T0 - 600_000, endMs: T0 + 600_000, matchers: matching(...triples) }
}

/** One window as a plain object. */
export type PlainWindow = Record<string, unknown>

/** The windows of a batch, or of what a reader gave, by series and start. Throws if one comes twice. */
export function plain(...all: readonly WindowColumns[]): Record<string, PlainWindow> {
  const windows: Record<string, PlainWindow> = {}
  for (const columns of all) {
    for (let row = 0; row < columns.length; row++) {
      const key = `${columns.series[row]} @ ${columns.start[row] - T0}`
      if (windows[key]) throw new Error(`${key} came twice`)
      windows[key] = Object.fromEntries(WINDOW_COLUMNS.map((name) => [name, columns[name][row]]))
      windows[key].stale = columns.stale[row]
      const sketch = columns.sketch[row]
      windows[key].quantiles = sketch && [0, 0.25, 0.5, 0.75, 1].map((q) => sketch.quantile(q))
    }
  }
  return windows
}

/** All windows of a selection. */
export async function readAll(reader: WindowReader, selection: WindowSelection): Promise<Record<string, PlainWindow>> {
  const chunks: WindowColumns[] = []
  for await (const windows of reader.read(selection)) chunks.push(windows)
  return plain(...chunks)
}
