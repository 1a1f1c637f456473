import { textTable } from '../../cli/text-table.js'

/** When a service's alert reached each stage on its way, ms since epoch. */
export interface Passage {
  /** Its first bad point was sent. */
  sentMs: number
  /** The time that the rule was judged at, event time. */
  judgedAtMs: number
  /** It was known to fire. */
  firesMs: number
  /** Its incident was opened. */
  openedMs: number
  /** Its page was received. */
  receivedMs: number
}

/** Where the time went: what is waited for, and from when to when. @param latenessMs windows wait so long for points */
export function stagesTable(name: string, passages: readonly Passage[], latenessMs: number): string {
  const stages: [stage: string, ms: (one: Passage) => number][] = [
    ['sent → the next time that is judged (every 10 s)', (one) => one.judgedAtMs - one.sentMs],
    ['→ points that come late are there (speed.lateness)', () => latenessMs],
    ['→ windows are said to be complete, the rule is judged', (one) => one.firesMs - one.judgedAtMs - latenessMs],
    ['→ dispatched, hosts counted, the incident stored', (one) => one.openedMs - one.firesMs],
    ['→ the page is received', (one) => one.receivedMs - one.openedMs],
    ['sent → received', (one) => one.receivedMs - one.sentMs],
  ]
  const rows = stages.map(([stage, ms]) => {
    const seconds = passages.map((one) => ms(one) / 1000).sort((a, b) => a - b)
    return [stage, ...[0.5, 0.99, 1].map((q) => quantile(seconds, q).toFixed(2))]
  })
  return textTable([name, 'p50, s', 'p99, s', 'worst, s'], rows)
}

/** The value that the share `q` of all is not above. */
export function quantile(ascending: readonly number[], q: number): number {
  return ascending[Math.max(0, Math.ceil(q * ascending.length) - 1)]
}
