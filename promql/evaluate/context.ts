import type { Annotations } from '../annotations.js'
import type { VectorSelector } from '../ast.js'
import type { Wait } from './budget.js'
import type { StepSeries } from './values.js'

/** Evaluation times: startMs + i * stepMs for i < steps. Never moved to fit the step. */
export interface Grid {
  startMs: number
  /** 0 where there is one step only. */
  stepMs: number
  steps: number
}

/** The times of a whole query. */
export interface QueryGrid extends Grid {
  /** The end that was asked for: at or after the last step. */
  endMs: number
}

/** What every part of one evaluation shares. */
export interface EvalContext {
  /** The times of this part: inside a subquery they are the subquery's. */
  grid: Grid
  /** The times of the whole query. */
  query: QueryGrid
  annotations: Annotations
  /** The values of an instant selector on this part's grid. */
  selectVector(selector: VectorSelector): Promise<StepSeries[]>
  /**
   * As `selectVector`, but the value at each step is the time of the sample that stands there, ms since the epoch.
   * Histograms stay histograms: info() refuses them.
   */
  selectTimes(selector: VectorSelector): Promise<StepSeries[]>
  /**
   * To be called before work that makes or reads so many samples: counts them against the limits, ends a cancelled or
   * overdue query, and lets other work of the process run now and then.
   * Throws TM_QUERY_SAMPLES, TM_QUERY_TIME, TM_QUERY_CANCELLED.
   */
  spend(samples: number): Wait
  /** As `spend`, between pieces of work on samples that are counted already; each piece far below 100,000 samples. */
  pace(samples: number): Wait
}
