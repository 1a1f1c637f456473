import type { SeriesSource } from '../schemas/ports/series-source.js'
import type { Expr, VectorSelector } from './ast.js'
import { evaluatePrepared, type QueryOptions, type QueryResult, type QueryTimes, sharedBudget } from './engine.js'
import type { Budget } from './evaluate/budget.js'
import { Memo } from './evaluate/memo.js'
import { observingSelectors } from './evaluate/observed-resets.js'
import { prepare } from './evaluate/prepare.js'
import { SelectorReader } from './evaluate/reader.js'

/** A query made ready for its times. */
interface Prepared {
  expr: Expr
  observing: ReadonlySet<VectorSelector>
}

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
      const prepared = prepare(expr, this.#times, this.#options.limits.queryDepth)
      const observing = observingSelectors(prepared)
      this.#prepared.set(expr, { expr: prepared, observing })
      this.#memo.plan(prepared, observing)
    } catch {
      // evaluate() meets the same error, and throws it.
    }
  }

  /** Evaluates a query as `evaluateQuery` does. @throws as that does; a limit that all together have met may leave one alone */
  async evaluate(expr: Expr, text: string): Promise<QueryResult> {
    const times = this.#times
    const prepared = this.#prepared.get(expr) ?? {
      expr: prepare(expr, times, this.#options.limits.queryDepth),
      observing: new Set(),
    }
    const held = this.#budget.computed
    try {
      return await evaluatePrepared({
        ...prepared,
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
}
