import type { DurationExpr } from '../../promql/ast.js'
import { chance, pick, type Random, wholeUpTo } from './random-pick.js'

/** A duration as selectors hold it. */
interface Duration {
  ms: number
  expr?: DurationExpr
}

const span = { from: 0, to: 0 }
const STEP: DurationExpr = { type: 'step', span }
const RANGE: DurationExpr = { type: 'range', span }
const MINUTE: DurationExpr = { type: 'number', seconds: 60, duration: true, span }
const TWO: DurationExpr = { type: 'number', seconds: 2, span }
const LITERAL_MS = [1, 500, 10_000, 15_000, 60_000, 90_000, 300_000, 3_600_000, 86_400_000]

/** A range or a step: longer than 0, mostly a literal. */
export function randomDuration(random: Random): Duration {
  if (chance(random, 0.9)) return { ms: pick(random, LITERAL_MS) }
  return pick<Duration>(random, [
    { ms: 0, expr: { type: 'binary', op: '+', left: STEP, right: MINUTE, span } },
    { ms: 0, expr: { type: 'binary', op: 'max', left: RANGE, right: MINUTE, span } },
    { ms: 0, expr: { type: 'binary', op: 'min', left: paren({ ...binaryOf('*', STEP, TWO) }), right: MINUTE, span } },
    { ms: 120_000, expr: binaryOf('*', MINUTE, TWO) },
    { ms: 3_600_000, expr: binaryOf('^', MINUTE, TWO) },
  ])
}

/** An offset: either way, mostly a literal. */
export function randomOffset(random: Random): Duration {
  if (chance(random, 0.85)) return { ms: (wholeUpTo(random, 1) ? 1 : -1) * pick(random, LITERAL_MS) }
  return pick<Duration>(random, [
    { ms: 0, expr: STEP },
    { ms: 0, expr: { type: 'unary', op: '-', operand: RANGE, span } },
    { ms: 0, expr: paren(binaryOf('-', STEP, MINUTE)) },
    { ms: 62_000, expr: paren(binaryOf('+', MINUTE, TWO)) },
  ])
}

function binaryOf(op: '+' | '-' | '*' | '^', left: DurationExpr, right: DurationExpr): DurationExpr {
  return { type: 'binary', op, left, right, span }
}

function paren(operand: DurationExpr): DurationExpr {
  return { type: 'paren', operand, span }
}
