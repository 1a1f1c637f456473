import type { QueryTimes } from '../../promql/engine.js'
import { formatHistogramText } from '../../promql/histogram/index.js'
import { type LabelSet, METRIC_NAME } from '../../promql/labels.js'
import { formatNumber } from '../../promql/print/number.js'
import { quoteString } from '../../promql/print/quote.js'
import type { PointValue } from '../../promql/script/memory-source.js'
import type { DataSet, FuzzSeries } from './data-set.js'

/** The points and the query in the format of Prometheus's test scripts, for `tidemark promql test`. */
export function scriptSnippet(
  { unitMs, series }: DataSet,
  query: string,
  { startMs, endMs, stepMs }: QueryTimes,
): string {
  const load = series.flatMap((one) => seriesLines(one, unitMs)).map((line) => `  ${line}`)
  const when = stepMs === 0 ? `instant at ${startMs}ms` : `range from ${startMs}ms to ${endMs}ms step ${stepMs}ms`
  return [`load ${unitMs}ms`, ...load, '', `eval ${when} ${query.replaceAll('\n', ' ')}`].join('\n')
}

function seriesLines({ labels, points }: FuzzSeries, unitMs: number): string[] {
  const name = seriesName(labels)
  const slots = points.map(({ timeMs }) => timeMs / unitMs)
  const line = `${name} ${items(
    slots,
    points.map(({ value }) => valueText(value)),
  )}`
  if (points.every(({ startMs }) => startMs === 0)) return [line]
  const starts = points.map(({ timeMs, startMs }) => (startMs === 0 ? '_' : `${startMs - timeMs}ms`))
  return [`${name}@st ${items(slots, starts)}`, line]
}

function seriesName(labels: LabelSet): string {
  const metric = labels.find(([name]) => name === METRIC_NAME)?.[1] ?? ''
  const isPlain = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(metric)
  const pairs = labels
    .filter(([name]) => name !== METRIC_NAME || !isPlain)
    .map(([name, value]) => (name === METRIC_NAME ? quoteString(value) : `${name}=${quoteString(value)}`))
  return `${isPlain ? metric : ''}{${pairs.join(',')}}`
}

/** Texts in their slots, what lies between them left out. */
function items(slots: readonly number[], texts: readonly string[]): string {
  const parts: string[] = []
  let free = 0
  for (const [i, slot] of slots.entries()) {
    if (slot > free) parts.push(slot - free === 1 ? '_' : `_x${slot - free}`)
    parts.push(texts[i])
    free = slot + 1
  }
  return parts.join(' ')
}

function valueText(value: PointValue): string {
  if (value === 'stale') return 'stale'
  return typeof value === 'number' ? formatNumber(value) : formatHistogramText(value)
}
