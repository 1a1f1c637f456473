import asciichart from 'asciichart'
import { textTable, timeText } from '../text-table.js'
import { type AnswerRow, answerRows, type QueryAnswer, seriesText } from './answer.js'

/** Series that a chart draws; more would hide each other. */
const CHARTED_SERIES = 8
const CHART_COLORS = [
  asciichart.blue,
  asciichart.green,
  asciichart.red,
  asciichart.yellow,
  asciichart.magenta,
  asciichart.cyan,
  asciichart.lightgray,
  asciichart.lightred,
]
const NO_COLOR = '\u001b[0m'
/** Columns that the axis takes. */
const AXIS_WIDTH = 16

/** How wide the terminal is, in characters, and whether it shows colours. */
export interface Screen {
  width: number
  colors: boolean
}

/** The forms that an answer is printed in. */
export const PRINTED = {
  table: (answer: QueryAnswer, _screen: Screen) => tableText(answer),
  json: (answer: QueryAnswer, _screen: Screen) => JSON.stringify(answer, undefined, 2),
  csv: (answer: QueryAnswer, _screen: Screen) => csvText(answer),
  chart: (answer: QueryAnswer, screen: Screen) => chartText(answer, screen),
} as const

function tableText(answer: QueryAnswer): string {
  const rows = answerRows(answer)
  if (rows.length === 0) return 'no series'
  const cells = rows.map(({ metric, time, value }) => [seriesText(metric), timeText(time * 1000), value])
  // A series is named once; below its name stand its values.
  for (let i = cells.length - 1; i > 0; i--) if (cells[i][0] === cells[i - 1][0]) cells[i][0] = ''
  return textTable(['SERIES', 'TIME', 'VALUE'], cells)
}

/** RFC 4180: one line a value, a column for each label. */
function csvText(answer: QueryAnswer): string {
  const rows = answerRows(answer)
  const labels = [...new Set(rows.flatMap(({ metric }) => Object.keys(metric)))].sort()
  const lines = rows.map(({ metric, time, value }) => [
    new Date(time * 1000).toISOString(),
    ...labels.map((label) => metric[label] ?? ''),
    value,
  ])
  return [['time', ...labels, 'value'], ...lines].map((line) => line.map(csvField).join(',')).join('\r\n')
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function chartText(answer: QueryAnswer, { width, colors }: Screen): string {
  const bySeries = new Map<string, AnswerRow[]>()
  for (const row of answerRows(answer)) {
    if (!Number.isFinite(Number(row.value))) continue
    const name = seriesText(row.metric)
    const known = bySeries.get(name)
    if (known) known.push(row)
    else bySeries.set(name, [row])
  }
  const shown = [...bySeries].slice(0, CHARTED_SERIES)
  if (shown.length === 0) return 'no values to draw'
  const times = shown.flatMap(([, rows]) => rows.map(({ time }) => time))
  const [from, to] = [Math.min(...times), Math.max(...times)]
  const columns = Math.max(2, width - AXIS_WIDTH)
  const plot = asciichart.plot(
    shown.map(([, rows]) => onColumns(rows, from, to, columns)),
    { height: 12, colors: colors ? CHART_COLORS : undefined, format: axisText },
  )
  const legend = shown.map(([name], i) => (colors ? `${CHART_COLORS[i]}■${NO_COLOR} ${name}` : `${i + 1}. ${name}`))
  const left = bySeries.size - shown.length
  if (left > 0) legend.push(`… and ${left} series more: narrow the query, or use topk()`)
  return [plot, `${timeText(from * 1000)} … ${timeText(to * 1000)}`, ...legend].join('\n')
}

/** One value a column: the newest up to its time, no older than the series' points lie apart; else a gap. */
function onColumns(rows: readonly AnswerRow[], from: number, to: number, columns: number): number[] {
  const apart = Math.min(...rows.slice(1).map(({ time }, i) => time - rows[i].time), to - from)
  let next = 0
  return Array.from({ length: columns }, (_, column) => {
    const time = from + ((to - from) * column) / (columns - 1)
    while (next < rows.length && rows[next].time <= time) next++
    const newest = rows[next - 1]
    return newest && time - newest.time <= apart ? Number(newest.value) : Number.NaN
  })
}

function axisText(value: number): string {
  const text =
    Math.abs(value) >= 1e6 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(3) : value.toFixed(3)
  return text.padStart(AXIS_WIDTH - 4)
}
