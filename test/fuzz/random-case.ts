import type { QueryTimes } from '../../promql/engine.js'
import { formatExpr } from '../../promql/print/format.js'
import { randomExpr } from '../promql-grammar/random-expr.js'
import { chance, pick, type Random, wholeUpTo } from '../promql-grammar/random-pick.js'
import { hostileQuery } from './hostile-query.js'
import { pushedQuery } from './pushed-query.js'
import { FUZZ_VOCABULARY } from './random-data-set.js'
import { SPAN_MS } from './random-points.js'

/** A query, and how it is asked. */
export interface FuzzCase {
  text: string
  /** The printer made the text, so that it prints the same once more. */
  isCanonical: boolean
  /** Of the range query; instant queries are asked at its steps. */
  times: QueryTimes
  lookbackMs: number
  querySamples: number
}

const STEPS_MS = [1, 1000, 7777, 15_000, 60_000, 60_000, 300_000]

/** A random query over the whole language; some are damaged, some are meant to harm. */
export function randomCase(random: Random): FuzzCase {
  const kind = random()
  const asked = { times: randomTimes(random), lookbackMs: pick(random, [300_000, 300_000, 60_000, 1]) }
  if (kind < 0.03) return { text: hostileQuery(random), isCanonical: false, ...asked, querySamples: 1_000_000 }
  if (kind < 0.13) return { text: pushedQuery(random), isCanonical: false, ...asked, querySamples: 100_000 }
  const depth = pick(random, [1, 2, 2, 3, 3, 4])
  const text = formatExpr(randomExpr(random, { ...FUZZ_VOCABULARY, depth }))
  if (kind < 0.2) return { text: damaged(random, text), isCanonical: false, ...asked, querySamples: 100_000 }
  return { text, isCanonical: true, ...asked, querySamples: pick(random, [100_000, 100_000, 2000]) }
}

function randomTimes(random: Random): QueryTimes {
  const stepMs = pick(random, STEPS_MS)
  const onGrid = chance(random, 0.7)
  const startMs = onGrid ? (1 + wholeUpTo(random, SPAN_MS / 15_000)) * 15_000 : wholeUpTo(random, SPAN_MS)
  return { startMs, endMs: startMs + wholeUpTo(random, 10) * stepMs + wholeUpTo(random, stepMs - 1), stepMs }
}

/** Some characters left out, repeated, swapped or put in. */
function damaged(random: Random, text: string): string {
  const characters = [...text]
  for (let times = wholeUpTo(random, 3); times >= 0; times--) {
    const at = wholeUpTo(random, characters.length)
    const replacement = pick(random, [
      [],
      [characters[at] ?? '('],
      [pick(random, [...'(){}[]"\\:@-+^ \n0eE.=~!/ä😀\0'])],
    ])
    characters.splice(at, wholeUpTo(random, 2), ...replacement)
  }
  return characters.join('')
}
