import { TidemarkError } from '../../schemas/errors.js'
import type { SeriesSource, WindowedSeries } from '../../schemas/ports/series-source.js'
import { aggregateSeries } from '../aggregate/aggregate.js'
import { type Annotations, INFO } from '../annotations.js'
import type { Aggregate, Expr, StepInvariant, VectorSelector } from '../ast.js'
import { evaluateBinary, evaluateUnary } from '../binary/binary.js'
import { executionError } from '../errors.js'
import type { Budget, Wait } from './budget.js'
import { evaluateCall } from './calls.js'
import type { EvalContext, Grid, QueryGrid } from './context.js'
import { type InstantPart, newestRows, stepsOfRows } from './instant.js'
import type { Memo } from './memo.js'
import { joinSteps, pushdownOf, pushedSeries, stepsFrom } from './pushdown.js'
import { rangeSeries } from './range-series.js'
import type { SelectorReader } from './reader.js'
import { type Around, readTimes, type Selection, vectorSelection } from './selection.js'
import { smoothedSteps } from './smoothed.js'
import type { Trace } from './trace.js'
import { ABSENT, type Evaluated, StepSeries } from './values.js'

/** What all parts of the evaluation of one query share. */
export interface Shared {
  source: SeriesSource
  reader: SelectorReader
  budget: Budget
  /** Results that queries evaluated together have in common. */
  memo: Memo | undefined
  trace: Trace
  annotations: Annotations
  query: QueryGrid
  lookbackMs: number
  defaultSubqueryStepMs: number
  /** Steps that a subquery may have. */
  querySteps: number
  /** Steps of a subquery that are evaluated at a time. */
  stretchSteps: number
  /** What is the same at every step, once it has been evaluated. */
  fixed: Map<StepInvariant, Evaluated>
  /** Selectors whose histograms are compared with those before them. */
  observing: ReadonlySet<VectorSelector>
}

/**
 * What the steps of a grid are to the query: its own, one that stands for all of them, or those of a subquery, whose
 * samples count where they are used.
 */
type Counted = 'steps' | 'one for all' | 'inner'

/** The evaluation of a prepared query, or of a part of it, on one grid. */
export class Evaluation implements EvalContext {
  constructor(
    private readonly shared: Shared,
    readonly grid: Grid,
    private readonly counted: Counted = 'steps',
    /** Which of the query's steps is the first one of the grid, where they are its own. */
    private readonly firstStep = 0,
    /** What is read of the source is read for all these times: `grid` may be a stretch of them. */
    readonly whole: Grid = grid,
  ) {}

  get annotations(): Annotations {
    return this.shared.annotations
  }

  get lookbackMs(): number {
    return this.shared.lookbackMs
  }

  get query(): QueryGrid {
    return this.shared.query
  }

  get defaultSubqueryStepMs(): number {
    return this.shared.defaultSubqueryStepMs
  }

  get stretchSteps(): number {
    return this.shared.stretchSteps
  }

  /** Samples that are held now. */
  get held(): number {
    return this.shared.budget.computed
  }

  /**
   * Before a subquery of so many steps is evaluated.
   * @throws TM_QUERY_STEPS, TM_QUERY_SAMPLES
   */
  foresee({ steps, stepMs }: Grid): void {
    const limit = this.shared.querySteps
    if (steps > limit) throw new TidemarkError('TM_QUERY_STEPS', { steps, stepMs, limit })
    this.shared.budget.foresee(steps)
  }

  /** What stands in a subquery, on a stretch of its grid. */
  within(stretch: Grid, whole: Grid): Evaluation {
    return new Evaluation(this.shared, stretch, 'inner', 0, whole)
  }

  /**
   * Of all that was computed since `before` samples were held only so many are left.
   * @throws TM_QUERY_SAMPLES
   */
  keep(before: number, samples: number): void {
    this.shared.budget.release(before, samples)
    this.shared.budget.foresee(0)
  }

  /** Counts samples looked at for a step. */
  count(step: number, samples: number): void {
    const { trace } = this.shared
    trace.look(samples)
    if (this.counted === 'steps') trace.countAt(this.firstStep + step, samples)
    else if (this.counted === 'one for all') trace.countAtEvery(samples)
  }

  /** Ranges have no value at a step: they are evaluated by what stands around them. */
  evaluate(expr: Expr, around: Around = {}): Promise<Evaluated> {
    const { memo, query } = this.shared
    if (!memo || this.grid !== query) return this.#evaluatePart(expr, around)
    return memo.result(expr, () => this.#evaluatePart(expr, around))
  }

  #evaluatePart(expr: Expr, around: Around): Promise<Evaluated> {
    const { budget, trace } = this.shared
    return trace.part(expr, async () => {
      const before = budget.computed
      const evaluated = (await this.#pushedDown(expr, around)) ?? (await this.#evaluate(expr, around))
      budget.release(before, evaluated.type === 'vector' ? evaluated.series.length * this.grid.steps : this.grid.steps)
      return evaluated
    })
  }

  selectVector(selector: VectorSelector): Promise<StepSeries[]> {
    return this.select(selector, 'value')
  }

  selectTimes(selector: VectorSelector): Promise<StepSeries[]> {
    return this.select(selector, 'time')
  }

  /** An instant selector on the grid. */
  async select(selector: VectorSelector, part: InstantPart, around: Around = {}): Promise<StepSeries[]> {
    const { grid, lookbackMs } = this
    const selection = vectorSelection(selector, grid, lookbackMs, around)
    const wanted = vectorSelection(selector, this.whole, lookbackMs, around)
    const times = readTimes(selector, grid)
    const rows = new Int32Array(grid.steps)
    const found: StepSeries[] = []
    for (const read of await this.read(selector, wanted)) {
      const wait = this.spend(grid.steps)
      if (wait) await wait
      let series: StepSeries | undefined
      if (selector.extent === 'smoothed' && part === 'value') {
        const points = rangeSeries(read, selection.range.startMs, selection.range.endMs)
        series = smoothedSteps(points, selector, grid, lookbackMs, this.annotations)
        if (series.isEmpty()) continue
      } else {
        newestRows(read, times, lookbackMs, rows)
        series = stepsOfRows(read, rows, grid.steps, part)
      }
      if (!series) continue
      this.#countSteps(series)
      found.push(series)
    }
    return found
  }

  /** What a selector is to see of its source. */
  read(selector: VectorSelector, selection: Selection): Promise<readonly WindowedSeries[]> {
    return this.shared.reader.read(selection, this.shared.observing.has(selector))
  }

  spend(samples: number): Wait {
    return this.shared.budget.compute(samples)
  }

  /** Between pieces of work on samples that are counted already. */
  pace(samples: number): Wait {
    return this.shared.budget.pace(samples)
  }

  async #evaluate(expr: Expr, around: Around): Promise<Evaluated> {
    switch (expr.type) {
      case 'number':
        await this.spend(this.grid.steps)
        return { type: 'scalar', value: new Float64Array(this.grid.steps).fill(expr.value) }
      case 'string':
        return { type: 'string', value: expr.value }
      case 'vector':
        return { type: 'vector', series: await this.select(expr, 'value', around) }
      case 'call':
        return evaluateCall(expr, this)
      case 'aggregate':
        return this.#aggregate(expr)
      case 'binary': {
        const left = await this.evaluate(expr.left)
        return evaluateBinary(expr, left, await this.evaluate(expr.right), this)
      }
      case 'unary':
        return evaluateUnary(expr, await this.evaluate(expr.expr), this)
      case 'paren':
        return this.evaluate(expr.expr, around)
      case 'stepInvariant':
        return this.#once(expr, around)
      case 'matrix':
      case 'subquery':
        throw executionError('a range vector has no value at a step: a function is to be applied to it')
    }
  }

  async #aggregate(expr: Aggregate): Promise<Evaluated> {
    const param = expr.param && (await this.evaluate(expr.param))
    const operand = await this.evaluate(expr.expr, { grouping: { by: !expr.without, labels: expr.labels } })
    if (operand.type !== 'vector') throw executionError(`${expr.op} aggregates instant vectors only`)
    return { type: 'vector', series: await aggregateSeries(expr, operand.series, param, this) }
  }

  /** What is the same at every step is evaluated at the first one. */
  async #once(invariant: StepInvariant, around: Around): Promise<Evaluated> {
    const { steps } = this.grid
    const { fixed } = this.shared
    const first = fixed.get(invariant) ?? (await this.#atFirst(invariant, around))
    fixed.set(invariant, first)
    if (steps === 1) return first
    if (first.type === 'string') return first
    if (first.type === 'scalar') return { type: 'scalar', value: new Float64Array(steps).fill(first.value[0]) }
    const repeated: StepSeries[] = []
    for (const series of first.series) {
      await this.spend(steps)
      repeated.push(repeat(series, steps))
    }
    return { type: 'vector', series: repeated }
  }

  async #atFirst({ expr }: StepInvariant, around: Around): Promise<Evaluated> {
    const { startMs, steps } = this.grid
    if (steps === 1) return this.evaluate(expr, around)
    const counted = this.counted === 'steps' ? 'one for all' : this.counted
    const first = { startMs, stepMs: 0, steps: 1 }
    return new Evaluation(this.shared, first, counted).evaluate(expr, around)
  }

  /** Undefined if this is better, or only, evaluated here. Sources know the query's own grid alone. */
  async #pushedDown(expr: Expr, around: Around): Promise<Evaluated | undefined> {
    const { source, trace, query, lookbackMs } = this.shared
    if (!source.pushdown || this.grid !== query) return undefined
    const pushdown = pushdownOf(expr, query, lookbackMs)
    const answer = pushdown && (await source.pushdown(pushdown.request))
    if (!answer) return undefined
    const { nonCounter } = pushdown
    if (nonCounter && answer.kind === 'sample' && answer.series.length > 0) {
      this.annotations.inform(INFO.possibleNonCounter(nonCounter.metric), nonCounter.span)
    }
    await this.spend(answer.series.length * query.steps)
    const series = pushedSeries(answer, pushdown, query.steps)
    trace.pushedDown()
    for (const one of series) this.#countSteps(one)
    if (answer.steps < query.steps) {
      const later = new Evaluation(this.shared, stepsFrom(query, answer.steps), this.counted, answer.steps)
      const found = await later.#evaluate(expr, around)
      if (found.type === 'vector') joinSteps(series, found.series, answer.steps, query.steps)
    }
    return { type: 'vector', series }
  }

  #countSteps({ present }: StepSeries): void {
    for (let step = 0; step < present.length; step++) if (present[step] !== ABSENT) this.count(step, 1)
  }
}

function repeat(series: StepSeries, steps: number): StepSeries {
  const repeated = new StepSeries(series.labels, steps, series.dropName)
  repeated.present.fill(series.present[0])
  repeated.value.fill(series.value[0])
  if (series.histogram) repeated.histogram = new Array(steps).fill(series.histogram[0])
  return repeated
}
