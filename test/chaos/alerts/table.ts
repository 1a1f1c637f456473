import type { Receiver } from './receiver.js'
import { FAULTS, type Findings } from './verify.js'

/** Faults that are told in full. */
const TOLD = 20

/** What happened besides. */
export interface Circumstances {
  incidents: number
  faults: number
  moods: Receiver['moods']
}

/** The outcome for people. */
export function table(findings: Findings, { incidents, faults, moods }: Circumstances): string {
  const { messages, againAnswered, againUnanswered, underWay, steps, firstMs } = findings
  const rows: [name: string, value: string | number][] = [
    ['incidents', incidents],
    ['faults', faults],
    ['steps taken', steps],
    ['messages', messages],
    [
      'answers of the receiver',
      Object.entries(moods)
        .map(([mood, count]) => `${mood} ${count}`)
        .join(', '),
    ],
    ['sent again, the reply was lost (wanted: < 1 %)', `${againUnanswered} (${share(againUnanswered, messages)})`],
    ['sent again, though answered (wanted: < 1 %)', `${againAnswered} (${share(againAnswered, messages)})`],
    ['calls under way when somebody acknowledged', underWay],
    [
      'alert taken → first message, s',
      `p50 ${seconds(firstMs, 0.5)}, p99 ${seconds(firstMs, 0.99)}, worst ${seconds(firstMs, 1)}`,
    ],
    ...FAULTS.map((kind): [string, number] => [kind, findings.faults.filter((fault) => fault.kind === kind).length]),
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return [
    ...rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    ...findings.faults.slice(0, TOLD).map(({ kind, text }) => `WRONG: ${kind}: ${text}`),
    findings.faults.length === 0 ? 'nothing was lost' : `${findings.faults.length} things are wrong`,
  ].join('\n')
}

function share(part: number, whole: number): string {
  return `${((100 * part) / Math.max(1, whole)).toFixed(2)} %`
}

function seconds(sorted: readonly number[], quantile: number): string {
  const at = Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))
  return sorted.length === 0 ? '-' : (sorted[at] / 1000).toFixed(1)
}
