import { formatExpr } from '../../promql/print/format.js'
import { randomExpr } from '../promql-grammar/random-expr.js'
import { chance, pick, type Random, wholeUpTo } from '../promql-grammar/random-pick.js'
import { DENSE_METRICS, MERGED_END_MS, MERGED_START_MS, SPARSE_METRICS, TIDE_LINE_MS } from './merged-points.js'
import { pushedQuery, runsQuery } from './pushed-query.js'
import type { FuzzCase } from './random-case.js'

const RANGES = ['10s', '30s', '1m', '5m', '5m', '10m', '1h', '1h', '70s']
const GRIDS_MS = [10_000, 60_000, 300_000, 3_600_000]
const PARTS = [':count', ':sum', ':max', ':p99', ':avg']
const SELECTORS = ['', '', '{job="a"}', '{instance!="a"}', '{job=~"a|b"}']

/** A random query over the merged view: mostly what its source may compute by itself, mostly on the grid of a tier. */
export function mergedCase(random: Random): FuzzCase {
  const metrics = chance(random, 0.7) ? SPARSE_METRICS : DENSE_METRICS
  const selectors = metrics.map(selector(random))
  const kind = random()
  if (kind < 0.4) {
    const times = sealedGrid(random)
    return { ...ASKED, text: runsQuery(random, selectors, times.stepMs), times, lookbackMs: times.stepMs }
  }
  const times = randomGrid(random)
  const text = kind < 0.8 ? pushedQuery(random, selectors, RANGES) : anyQuery(random, metrics)
  return { ...ASKED, text, times, lookbackMs: chance(random, 0.3) ? 60_000 : 300_000 }
}

const ASKED = { isCanonical: false, querySamples: 10_000_000 }

/** Steps that are windows of a tier, all of them sealed. */
function sealedGrid(random: Random): FuzzCase['times'] {
  const stepMs = pick(random, GRIDS_MS) * (1 + wholeUpTo(random, 1))
  const steps = (TIDE_LINE_MS - MERGED_START_MS) / stepMs
  const first = 1 + wholeUpTo(random, steps - 1)
  const last = first + wholeUpTo(random, Math.min(8, Math.floor(steps) - first))
  return { startMs: MERGED_START_MS + first * stepMs, endMs: MERGED_START_MS + last * stepMs, stepMs }
}

/** Mostly on the grid of a tier, and mostly in the sealed past. */
function randomGrid(random: Random): FuzzCase['times'] {
  const tierMs = pick(random, GRIDS_MS)
  const stepMs = tierMs * (1 + wholeUpTo(random, 2))
  const spanMs = (chance(random, 0.7) ? TIDE_LINE_MS : MERGED_END_MS) - MERGED_START_MS
  const offMs = chance(random, 0.15) ? wholeUpTo(random, 9999) : 0
  const startMs = MERGED_START_MS + wholeUpTo(random, spanMs / tierMs) * tierMs + offMs
  const most = chance(random, 0.7) ? Math.max(0, Math.floor((MERGED_START_MS + spanMs - startMs) / stepMs)) : 8
  return { startMs, endMs: startMs + wholeUpTo(random, Math.min(8, most)) * stepMs, stepMs }
}

/** The metric or a virtual one, with a matcher or none. */
function selector(random: Random): (metric: string) => string {
  return (metric) => `${metric}${chance(random, 0.1) ? pick(random, PARTS) : ''}${pick(random, SELECTORS)}`
}

function anyQuery(random: Random, metrics: readonly string[]): string {
  const vocabulary = { metrics, labels: ['job', 'instance'], values: ['a', 'b', ''], depth: 1 + wholeUpTo(random, 1) }
  return formatExpr(randomExpr(random, vocabulary))
}
