import type { SeriesSource } from '../schemas/ports/series-source.js'
import type { Expr, VectorSelector } from './ast.js'
import { evaluatePrepared, type QueryOptions, type QueryResult, type QueryTimes, sharedBudget } from './engine.js'
import type { Budget } from './evaluate/budget.js'
import { Memo } from './evaluate/memo.js'
import { observingSelectors } from './evaluate/observed-resets.js'
import { dependsOnTimes, prepare } from './evaluate/prepare.js'
import { SelectorReader } from './evaluate/reader.js'

/** A query made ready for its times, and the depth that it was allowed. */
interface Prepared {
  expr: Expr
  observing: ReadonlySet<VectorSelector>
  depthLimit: number
}

/** Queries that are prepared alike for all times: rules are evaluated again and again. */
const timeless = new WeakMap<Expr, Prepared>()

/**
 * Queries at the same times that are evaluated together, one after the other: what they select is read once, and parts
 * that they have in common are computed once. All of them share the limits of one query.
 */
export class QueriesTogether {
  readonly #times: QueryTimes
  readonly #source: SeriesSource
  readonly #options: QueryOptions
  readonly #prepared = new Map<Expr, Prepared>()
  readonly #memo = new Memo()
  readonly #budget: Budget
  readonly #reader: SelectorReader

  constructor(times: QueryTimes, source: SeriesSource, options: QueryOptions) {
    this.#times = times
    this.#source = source
    this.#options = options
    this.#budget = sharedBudget(options)
    this.#reader = new SelectorReader(source, this.#budget)
  }

  /** Announces a query. One that cannot be prepared is refused when it is evaluated. */
  plan(expr: Expr): void {
    try {
      const prepared = this.#prepare(expr)
      this.#prepared.set(expr, prepared)
      this.#memo.plan(prepared.expr, prepared.observing)
    } catch {
      // evaluate() meets the same error, and throws it.
    }
  }

  /** Evaluates a query as `evaluateQuery` does. @throws as that does; a limit that all together have met may leave one alone */
  async evaluate(expr: Expr, text: string): Promise<QueryResult> {
    const times = this.#times
    const { expr: prepared, observing } = this.#prepared.get(expr) ?? this.#prepare(expr)
    const held = this.#budget.computed
    try {
      return await evaluatePrepared({
        expr: prepared,
        observing,
        original: expr,
        text,
        times,
        source: this.#source,
        options: this.#options,
        budget: this.#budget,
        reader: this.#reader,
        memo: this.#memo,
      })
    } finally {
      this.#budget.release(held, 0)
    }
  }

  #prepare(expr: Expr): Prepared {
    const depthLimit = this.#options.limits.queryDepth
    const known = timeless.get(expr)
    if (known?.depthLimit === depthLimit) return known
    const prepared = prepare(expr, this.#times, depthLimit)
    const made = { expr: prepared, observing: observingSelectors(prepared), depthLimit }
    if (!dependsOnTimes(expr)) timeless.set(expr, made)
    return made
  }
}
