import type { AggregateOp, BinaryOp, Expr, MatrixSelector, TimeModifiers, VectorSelector } from '../../promql/ast.js'
import { SIGNATURES } from '../../promql/functions/signatures.js'
import { formatExpr } from '../../promql/print/format.js'
import type { Matcher } from '../../schemas/series/matcher.js'
import { randomDuration, randomOffset } from './random-duration.js'
import { chance, pick, type Random, someOf, wholeUpTo } from './random-pick.js'

/** What expressions are made of. */
export interface Vocabulary {
  metrics: readonly string[]
  labels: readonly string[]
  values: readonly string[]
  /** How many levels an expression may have; a level of 0 is a literal or a selector. */
  depth: number
}

const SPAN = { from: 0, to: 0 }
const ARITHMETIC: readonly BinaryOp[] = ['+', '-', '*', '/', '%', '^', 'atan2']
const COMPARISONS: readonly BinaryOp[] = ['==', '!=', '>', '<', '>=', '<=']
const TRIMS: readonly BinaryOp[] = ['</', '>/']
const SETS: readonly BinaryOp[] = ['and', 'or', 'unless']
const AGGREGATES: readonly AggregateOp[] = ['sum', 'avg', 'count', 'min', 'max', 'group', 'stddev', 'stdvar']
const AGGREGATES_OF_SCALAR: readonly AggregateOp[] = ['topk', 'bottomk', 'quantile', 'limitk', 'limit_ratio']
const NUMBERS = [0, 1, 2, 3, 10, 60, 0.5, 0.99, 1.5, 1e9, 1e-7, -1, -2.5, Number.NaN, Number.POSITIVE_INFINITY]
const STRINGS = ['(.*)', '$1', '-', '', 'a"b\\c\n', 'größe']
const FUNCTIONS = {
  scalar: Object.keys(SIGNATURES).filter((name) => SIGNATURES[name].returns === 'scalar'),
  vector: Object.keys(SIGNATURES).filter((name) => SIGNATURES[name].returns === 'vector'),
}
const EXTENDED = new Set(['rate', 'increase', 'delta'])
/** What binds more strongly stands without parentheses. */
const STRENGTH: Readonly<Partial<Record<BinaryOp, number>>> = { or: 1, and: 2, unless: 2, '+': 4, '-': 4, '^': 6 }
const COMPARES = 3
const MULTIPLIES = 5

/**
 * A type-correct expression over the whole language, as the parser would make it but for its spans, which are all 0.
 * The same random numbers give the same expression.
 */
export function randomExpr(random: Random, vocabulary: Vocabulary): Expr {
  const make = new ExprMaker(random, vocabulary)
  return chance(random, 0.15) ? make.scalar(vocabulary.depth) : make.vector(vocabulary.depth)
}

class ExprMaker {
  constructor(
    private readonly random: Random,
    private readonly vocabulary: Vocabulary,
  ) {}

  scalar(depth: number): Expr {
    if (depth <= 0 || chance(this.random, 0.3)) return this.number()
    return pick(this.random, [
      () => this.call('scalar', depth),
      () => this.unary(this.scalar(depth - 1)),
      () => this.scalarBinary(depth),
      () => paren(this.scalar(depth - 1)),
    ])()
  }

  vector(depth: number): Expr {
    if (depth <= 0 || chance(this.random, 0.1)) return bounded(this.selector())
    return pick(this.random, [
      () => this.call('vector', depth),
      () => this.call('vector', depth),
      () => this.aggregate(depth),
      () => this.vectorBinary(depth),
      () => this.vectorScalarBinary(depth),
      () => this.unary(this.vector(depth - 1)),
      () => paren(this.vector(depth - 1)),
    ])()
  }

  matrix(depth: number, extended = false): Expr {
    if (depth > 1 && !extended && chance(this.random, 0.3)) return this.subquery(depth)
    const { extent: _, ...vector } = this.selector()
    const extent =
      extended && chance(this.random, 0.3) ? pick(this.random, ['anchored', 'smoothed'] as const) : undefined
    const { ms, expr } = randomDuration(this.random)
    const matrix: MatrixSelector = {
      type: 'matrix',
      vector: extent ? { ...vector, extent } : vector,
      rangeMs: ms,
      ...(expr && { rangeExpr: expr }),
      span: SPAN,
    }
    return matrix
  }

  private subquery(depth: number): Expr {
    const inner = this.vector(depth - 1)
    const range = randomDuration(this.random)
    const step = chance(this.random, 0.3) ? { ms: 0 } : randomDuration(this.random)
    return {
      type: 'subquery',
      expr: inner.type === 'binary' || inner.type === 'unary' ? paren(inner) : inner,
      rangeMs: range.ms,
      ...(range.expr && { rangeExpr: range.expr }),
      stepMs: step.ms,
      ...('expr' in step && step.expr && { stepExpr: step.expr }),
      ...this.modifiers(),
      span: SPAN,
    }
  }

  private number(): Expr {
    if (chance(this.random, 0.2)) {
      return { type: 'number', value: 1 + wholeUpTo(this.random, 7200), duration: true, span: SPAN }
    }
    return { type: 'number', value: pick(this.random, NUMBERS), span: SPAN }
  }

  private string(): Expr {
    const { labels, values } = this.vocabulary
    const value = pick(this.random, chance(this.random, 0.5) ? labels : chance(this.random, 0.5) ? values : STRINGS)
    return { type: 'string', value, span: SPAN }
  }

  private selector(): VectorSelector {
    const metric = pick(this.random, this.vocabulary.metrics)
    const named: Matcher = { name: '__name__', op: '=', value: metric }
    const plain = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(metric) && chance(this.random, 0.9)
    const matchers = someOf(this.random, this.vocabulary.labels, 0.2).map((label) => this.matcher(label))
    return {
      type: 'vector',
      ...(plain && { name: metric }),
      matchers: plain ? [...sorted(matchers), named] : sorted([...matchers, named]),
      ...(chance(this.random, 0.03) && { extent: 'smoothed' as const }),
      ...this.modifiers(),
      span: SPAN,
    }
  }

  private matcher(name: string): Matcher {
    const value = pick(this.random, this.vocabulary.values)
    const op = pick(this.random, ['=', '=', '!=', '=~', '!~'] as const)
    const escaped = value.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    if (op === '=' || op === '!=') return { name, op, value }
    return { name, op, value: pick(this.random, [escaped, `${escaped}|x`, `${escaped.slice(0, 1)}.*`, '.+']) }
  }

  private modifiers(): TimeModifiers {
    const offset = chance(this.random, 0.15) ? randomOffset(this.random) : { ms: 0 }
    const at = chance(this.random, 0.1)
      ? pick(this.random, [
          { preprocessor: 'start' as const },
          { preprocessor: 'end' as const },
          { timeMs: wholeUpTo(this.random, 10_000_000) },
        ])
      : undefined
    return {
      offsetMs: offset.ms,
      ...('expr' in offset && offset.expr && { offsetExpr: offset.expr }),
      ...(at && { at }),
    }
  }

  private call(returns: 'scalar' | 'vector', depth: number): Expr {
    const func = pick(this.random, FUNCTIONS[returns])
    const { args, variadic } = SIGNATURES[func]
    const required = args.length - (variadic === 0 ? 0 : 1)
    const extra = variadic === 0 ? 0 : wholeUpTo(this.random, variadic < 0 ? 3 : variadic)
    const types = Array.from({ length: required + extra }, (_, i) => args[Math.min(i, args.length - 1)])
    const made = types.map((type, i) => {
      if (func === 'info' && i === 1) return this.labelSelector()
      if (type === 'matrix') return this.matrix(depth - 1, EXTENDED.has(func))
      if (type === 'string') return this.string()
      return type === 'scalar' ? this.scalar(depth - 1) : this.vector(depth - 1)
    })
    return { type: 'call', func, args: made, span: SPAN }
  }

  /** Labels to take over, as info() wants them: never a metric. */
  private labelSelector(): Expr {
    const matchers = sorted(someOf(this.random, this.vocabulary.labels, 0.3).map((label) => this.matcher(label)))
    return { type: 'vector', matchers, offsetMs: 0, span: SPAN }
  }

  private aggregate(depth: number): Expr {
    const grouped = { labels: someOf(this.random, this.vocabulary.labels, 0.4), without: chance(this.random, 0.3) }
    const expr = this.vector(depth - 1)
    const kind = this.random()
    if (kind < 0.6) return { type: 'aggregate', op: pick(this.random, AGGREGATES), expr, ...grouped, span: SPAN }
    if (kind < 0.95) {
      const op = pick(this.random, AGGREGATES_OF_SCALAR)
      return { type: 'aggregate', op, expr, param: this.scalar(depth - 1), ...grouped, span: SPAN }
    }
    const param: Expr = { type: 'string', value: pick(this.random, this.vocabulary.labels), span: SPAN }
    return { type: 'aggregate', op: 'count_values', expr, param, ...grouped, span: SPAN }
  }

  private unary(expr: Expr): Expr {
    const operand = expr.type === 'number' || (expr.type === 'binary' && expr.op !== '^') ? paren(expr) : expr
    return { type: 'unary', op: pick(this.random, ['+', '-'] as const), expr: operand, span: SPAN }
  }

  private scalarBinary(depth: number): Expr {
    const compares = chance(this.random, 0.3)
    const op = pick(this.random, compares ? COMPARISONS : ARITHMETIC)
    return binary(op, this.scalar(depth - 1), this.scalar(depth - 1), { returnBool: compares })
  }

  private vectorScalarBinary(depth: number): Expr {
    const op = pick(this.random, [...ARITHMETIC, ...COMPARISONS, ...TRIMS])
    const operands: [Expr, Expr] = [this.vector(depth - 1), this.scalar(depth - 1)]
    if (chance(this.random, 0.4)) operands.reverse()
    return binary(op, ...operands, { returnBool: COMPARISONS.includes(op) && chance(this.random, 0.3) })
  }

  private vectorBinary(depth: number): Expr {
    const op = pick(this.random, [...ARITHMETIC, ...COMPARISONS, ...SETS, ...SETS])
    const { random, vocabulary } = this
    const isSet = SETS.includes(op)
    const on = chance(random, 0.4)
    const labels = someOf(random, vocabulary.labels, 0.4)
    const cardinality = isSet
      ? 'many-to-many'
      : pick(random, ['one-to-one', 'one-to-one', 'many-to-one', 'one-to-many'] as const)
    const grouped = cardinality === 'many-to-one' || cardinality === 'one-to-many'
    const include = grouped ? someOf(random, vocabulary.labels, 0.3).filter((one) => !on || !labels.includes(one)) : []
    const fill = !isSet && chance(random, 0.2) ? this.fill() : undefined
    return binary(op, this.vector(depth - 1), this.vector(depth - 1), {
      returnBool: COMPARISONS.includes(op) && chance(random, 0.3),
      matching: { cardinality, labels, on, include, ...(fill && { fill }) },
    })
  }

  private fill() {
    const value = pick(this.random, [0, 1, -1.5])
    return pick(this.random, [{ left: value, right: value }, { left: value }, { right: value }])
  }
}

type BinaryRest = Pick<Extract<Expr, { type: 'binary' }>, 'returnBool' | 'matching'>

function binary(op: BinaryOp, left: Expr, right: Expr, rest: BinaryRest): Expr {
  return {
    type: 'binary',
    op,
    left: bindsTooWeakly(left, op, 'left') ? paren(left) : left,
    right: bindsTooWeakly(right, op, 'right') ? paren(right) : right,
    ...rest,
    span: SPAN,
  }
}

function bindsTooWeakly(operand: Expr, op: BinaryOp, side: 'left' | 'right'): boolean {
  const isSigned = operand.type === 'unary' || (operand.type === 'number' && operand.value < 0)
  if (isSigned || operand.type === 'number') return side === 'left' && op === '^'
  if (operand.type !== 'binary') return false
  const difference = strength(operand.op) - strength(op)
  const associates = op === '^' ? 'right' : 'left'
  return difference < 0 || (difference === 0 && side !== associates)
}

function strength(op: BinaryOp): number {
  return STRENGTH[op] ?? (COMPARISONS.includes(op) || TRIMS.includes(op) ? COMPARES : MULTIPLIES)
}

/** An operator behind an offset in parentheses would be the offset's. */
function bounded(selector: VectorSelector): Expr {
  return selector.offsetExpr?.type === 'paren' ? paren(selector) : selector
}

function paren(expr: Expr): Expr {
  return { type: 'paren', expr, span: SPAN }
}

/** In the order in which they are printed. */
function sorted(matchers: Matcher[]): Matcher[] {
  const text = (matcher: Matcher) => formatExpr({ type: 'vector', matchers: [matcher], offsetMs: 0, span: SPAN })
  return matchers
    .map((matcher) => ({ matcher, key: text(matcher) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ matcher }) => matcher)
}
