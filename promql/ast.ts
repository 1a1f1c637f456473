import type { Matcher } from '../schemas/series/matcher.js'

/** What a query says, once parsed. Durations in ms, times in ms since the epoch. */
export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregate
  | Binary
  | Unary
  | Paren
  | StepInvariant

/** What an expression evaluates to. */
export type ValueType = 'scalar' | 'string' | 'vector' | 'matrix'

/** Where an expression stands in the query: characters from (inclusive) to (exclusive), from 0. */
export interface Span {
  from: number
  to: number
}

export interface NumberLiteral {
  type: 'number'
  value: number
  /** Set if it was written as a duration (`5m`): printed as such. */
  duration?: true
  span: Span
}

interface StringLiteral {
  type: 'string'
  value: string
  span: Span
}

/** The time that `@` fixes: an absolute one, or an end of the query's own range. */
export type AtModifier = { timeMs: number } | { preprocessor: 'start' | 'end' }

/**
 * Arithmetic on durations (experimental in Prometheus): seconds as numbers. `step()` and `range()` are those of the
 * query.
 */
export type DurationExpr =
  | { type: 'number'; seconds: number; duration?: true; span: Span }
  | { type: 'step' | 'range'; span: Span }
  | { type: 'unary'; op: '+' | '-'; operand: DurationExpr; span: Span }
  | { type: 'paren'; operand: DurationExpr; span: Span }
  | {
      type: 'binary'
      op: '+' | '-' | '*' | '/' | '%' | '^' | 'min' | 'max'
      left: DurationExpr
      right: DurationExpr
      span: Span
    }

/** `offset` and `@`, of selectors and subqueries. */
export interface TimeModifiers {
  /** How far back from the evaluation time; negative looks ahead. */
  offsetMs: number
  /**
   * Set where the offset is arithmetic. `offsetMs` is its value, but 0 until it has been resolved for a query's grid if
   * it calls step() or range().
   */
  offsetExpr?: DurationExpr
  at?: AtModifier
}

/** `metric{label="value"} offset 5m @ 1700000000`: one value a series, the newest within the lookback. */
export interface VectorSelector extends TimeModifiers {
  type: 'vector'
  /** The name as it was written before the braces, for printing. */
  name?: string
  /** The metric name among them, as a matcher of `__name__`. */
  matchers: readonly Matcher[]
  /** Extended selectors (experimental in Prometheus). */
  extent?: 'anchored' | 'smoothed'
  span: Span
}

/** `metric[5m]`: every point of a series in the left-open range before the evaluation time. */
export interface MatrixSelector {
  type: 'matrix'
  vector: VectorSelector
  rangeMs: number
  /** Set where the range is arithmetic: as with offsetExpr. */
  rangeExpr?: DurationExpr
  span: Span
}

/** `expr[1h:5m]`: an instant expression evaluated over a range. */
export interface Subquery extends TimeModifiers {
  type: 'subquery'
  expr: Expr
  rangeMs: number
  rangeExpr?: DurationExpr
  /** 0: the default step. */
  stepMs: number
  stepExpr?: DurationExpr
  span: Span
}

export interface Call {
  type: 'call'
  func: string
  args: readonly Expr[]
  span: Span
}

export type AggregateOp =
  | 'sum'
  | 'avg'
  | 'count'
  | 'min'
  | 'max'
  | 'group'
  | 'stddev'
  | 'stdvar'
  | 'topk'
  | 'bottomk'
  | 'quantile'
  | 'count_values'
  | 'limitk'
  | 'limit_ratio'

export interface Aggregate {
  type: 'aggregate'
  op: AggregateOp
  expr: Expr
  /** k, the quantile, the label or the ratio. */
  param?: Expr
  labels: readonly string[]
  /** True for `without (labels)`, false for `by (labels)`. */
  without: boolean
  span: Span
}

export type BinaryOp =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '^'
  | 'atan2'
  | '=='
  | '!='
  | '>'
  | '<'
  | '>='
  | '<='
  | '</'
  | '>/'
  | 'and'
  | 'or'
  | 'unless'

export interface Binary {
  type: 'binary'
  op: BinaryOp
  left: Expr
  right: Expr
  /** `bool`: a comparison gives 0 or 1 and does not filter. */
  returnBool: boolean
  /** Set between two vectors. */
  matching?: VectorMatching
  span: Span
}

/** How the series of two vectors find each other. */
export interface VectorMatching {
  /** `many-to-one` is group_left, `one-to-many` group_right, `many-to-many` the set operators. */
  cardinality: 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many'
  /** Labels that must be equal (on) or that do not matter (ignoring). */
  labels: readonly string[]
  on: boolean
  /** Labels taken over from the one side. */
  include: readonly string[]
  /** Value of a side that has no partner. */
  fill?: { left?: number; right?: number }
}

export interface Unary {
  type: 'unary'
  op: '+' | '-'
  expr: Expr
  span: Span
}

interface Paren {
  type: 'paren'
  expr: Expr
  span: Span
}

/** Has the same value at every step. Put around expressions when a query is prepared, never by the parser. */
export interface StepInvariant {
  type: 'stepInvariant'
  expr: Expr
  span: Span
}
