import type { Effort } from './measure.js'
import type { Outcome } from './outcome.js'

/** A law that a query broke. */
export interface Failure {
  query: number
  text: string
  /** Which law, and how. */
  reason: string
  /** Points and query, to be pasted into a test script. */
  script: string
}

/** The query that was worst in something. */
export interface Worst {
  ms: number
  text: string
}

/** What came of a number of queries. Plain, so that it passes between processes. */
export interface Tally {
  queries: number
  /** Answers with and without any value. */
  answered: number
  empty: number
  /** Refused queries by the code of their error. */
  refused: Record<string, number>
  /** Queries over the merged view, and those that its source computed a part of. */
  merged: number
  pushed: number
  slowest: Worst
  /** Most processor time in one turn. */
  turn: Worst
  failures: Failure[]
}

export function emptyTally(): Tally {
  const nothing = { ms: 0, text: '' }
  return {
    queries: 0,
    answered: 0,
    empty: 0,
    refused: {},
    merged: 0,
    pushed: 0,
    slowest: nothing,
    turn: nothing,
    failures: [],
  }
}

/** Counts how a query ended. */
export function countOutcome(tally: Tally, outcome: Outcome, text: string, { longestMs, turnMs }: Effort): void {
  tally.queries++
  if (outcome.type === 'refusal') tally.refused[outcome.code] = (tally.refused[outcome.code] ?? 0) + 1
  else if (outcome.type === 'answer') {
    const { value } = outcome.result
    const isEmpty =
      (value.type === 'vector' && value.samples.length === 0) || (value.type === 'matrix' && value.series.length === 0)
    if (isEmpty) tally.empty++
    else tally.answered++
  }
  tally.slowest = worse(tally.slowest, { ms: longestMs, text })
  tally.turn = worse(tally.turn, { ms: turnMs, text })
}

/** Both together. */
export function addTally(a: Tally, b: Tally): Tally {
  const refused = { ...a.refused }
  for (const [code, count] of Object.entries(b.refused)) refused[code] = (refused[code] ?? 0) + count
  return {
    queries: a.queries + b.queries,
    answered: a.answered + b.answered,
    empty: a.empty + b.empty,
    refused,
    merged: a.merged + b.merged,
    pushed: a.pushed + b.pushed,
    slowest: worse(a.slowest, b.slowest),
    turn: worse(a.turn, b.turn),
    failures: [...a.failures, ...b.failures],
  }
}

function worse(a: Worst, b: Worst): Worst {
  return b.ms > a.ms ? b : a
}
