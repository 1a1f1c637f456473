import { performance } from 'node:perf_hooks'
import type { Expr } from '../../promql/ast.js'
import { parts } from '../../promql/evaluate/prepare.js'
import { parseExpr } from '../../promql/parse.js'
import { formatExpr } from '../../promql/print/format.js'
import type { DataSet } from './data-set.js'
import type { FuzzCase } from './random-case.js'

/** A query that breaks a law, and the points it does so on. */
export interface Broken {
  points: DataSet
  fuzz: FuzzCase
}

const PATIENCE_MS = 5000

/** The smallest query and the fewest points, found by leaving away one part after another, that still break a law. */
export async function shrink(broken: Broken, isBroken: (candidate: Broken) => Promise<boolean>): Promise<Broken> {
  const untilMs = performance.now() + PATIENCE_MS
  let smallest = broken
  for (;;) {
    let found: Broken | undefined
    for (const candidate of simpler(smallest)) {
      if (performance.now() > untilMs) return smallest
      if (!(await isBroken(candidate))) continue
      found = candidate
      break
    }
    if (!found) return smallest
    smallest = found
  }
}

function* simpler({ points, fuzz }: Broken): Iterable<Broken> {
  for (const text of parsable(fuzz.text)) yield { points, fuzz: { ...fuzz, text } }
  const { series } = points
  for (let part = series.length >> 1; part >= 1; part >>= 1) {
    for (let from = 0; from < series.length; from += part) {
      yield { points: { ...points, series: series.filter((_, i) => i < from || i >= from + part) }, fuzz }
    }
  }
  for (const [i, one] of series.entries()) {
    if (one.points.length < 2) continue
    const middle = one.points.length >> 1
    for (const kept of [one.points.slice(middle), one.points.slice(0, middle), one.points.slice(1)]) {
      yield { points: { ...points, series: series.with(i, { ...one, points: kept }) }, fuzz }
    }
  }
}

/** Parts of the query that are queries by themselves. */
function parsable(text: string): string[] {
  try {
    const inner: Expr[] = [...parts(parseExpr(text))]
    return inner.map(formatExpr)
  } catch {
    return []
  }
}
