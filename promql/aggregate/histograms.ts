import { INFO, WARNING } from '../annotations.js'
import type { Aggregate } from '../ast.js'
import type { EvalContext } from '../evaluate/context.js'
import { HISTOGRAM, type StepSeries } from '../evaluate/values.js'
import { compactHistogram, HistogramSum } from '../histogram/index.js'
import { labelValue, METRIC_NAME } from '../labels.js'
import { spanOf } from './parameter.js'

/** The native histograms of a group, step by step, and what the user should know about adding them up. */
export class GroupHistograms {
  readonly #expr: Aggregate
  readonly #context: EvalContext
  /** Made where a step has a histogram. */
  readonly #sums: (HistogramSum | undefined)[] = []
  readonly #counts: number[] = []

  constructor(expr: Aggregate, context: EvalContext) {
    this.#expr = expr
    this.#context = context
  }

  add({ present, histogram, labels }: StepSeries): void {
    if (!histogram) return
    for (let step = 0; step < present.length; step++) {
      const one = present[step] === HISTOGRAM ? histogram[step] : undefined
      if (!one) continue
      const sum = this.#sums[step] ?? new HistogramSum()
      this.#sums[step] = sum
      if (sum.isMixed) continue
      sum.add(one)
      this.#counts[step] = (this.#counts[step] ?? 0) + 1
      if (sum.isMixed) this.#warn(WARNING.mixedExponentialCustom(labelValue(labels, METRIC_NAME)))
    }
  }

  /**
   * Writes sum or mean of a step.
   * @param besideFloats floats stand at the step too: there is no result then
   */
  write(result: StepSeries, step: number, besideFloats: boolean): void {
    const sum = this.#sums[step]
    if (!sum) return
    if (sum.boundsReconciled) {
      this.#context.annotations.inform(INFO.mismatchedCustomBuckets('aggregation'), spanOf(this.#expr.expr))
    }
    if (besideFloats) {
      this.#warn(WARNING.mixedFloatsHistogramsAggregation())
      return
    }
    const histogram = this.#expr.op === 'avg' ? sum.mean(this.#counts[step]) : sum.sum()
    if (!histogram) return
    if (sum.resetCollision) this.#warn(WARNING.counterResetCollision('aggregation'))
    result.setHistogram(step, compactHistogram(histogram))
  }

  #warn(text: string): void {
    this.#context.annotations.warn(text, spanOf(this.#expr.expr))
  }
}
