import { textTable } from '../../cli/text-table.js'
import type { Figure } from './bench.js'
import { TARGETS } from './targets.js'

const HEAD = [
  'figure',
  'unit',
  'median',
  'min–max',
  'CPU-s/M',
  'per CPU-s',
  'reach',
  'x',
  'aim',
  'x',
  'best peer',
  'theirs',
  'x',
  'their CPU-s/M',
  'x',
]

/** The figures as a table. Every `x` is a ratio to the column before it; above 1 is better than that. */
export function figureTable(figures: readonly Figure[]): string {
  return textTable(HEAD, figures.map(figureRow))
}

function figureRow(figure: Figure): string[] {
  const { key, unit, values } = figure
  const { reach, aim, better, peer } = TARGETS[key] ?? { better: 'more' as const }
  const value = median(values)
  const ratio = (other: number | undefined) => {
    if (other === undefined) return ''
    return (better === 'more' ? value / other : other / value).toFixed(2)
  }
  const cpu = figure.cpuSecondsPerMillion && median(figure.cpuSecondsPerMillion)
  const theirCpu = peer?.cpuSecondsPerMillion
  return [
    key,
    unit,
    number(value),
    values.length > 1 ? `${number(Math.min(...values))}–${number(Math.max(...values))}` : '',
    number(cpu),
    cpu ? number(1e6 / cpu) : '',
    number(reach),
    ratio(reach),
    number(aim),
    ratio(aim),
    peer?.name ?? '',
    number(peer?.value),
    ratio(peer?.value),
    number(theirCpu),
    cpu && theirCpu ? (theirCpu / cpu).toFixed(2) : '',
  ]
}

/** The middle value; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Three digits where they matter: 1,234,000, 12.3, 0.812. */
function number(value: number | undefined): string {
  if (value === undefined) return ''
  if (value >= 10_000) return (Math.round(value / 1000) * 1000).toLocaleString('en-US')
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)))
}
