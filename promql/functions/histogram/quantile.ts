import { INFO, type MonotonicityFix, type MonotonicityFixes, WARNING } from '../../annotations.js'
import type { Span } from '../../ast.js'
import type { EvalContext } from '../../evaluate/context.js'
import { histogramQuantile } from '../../histogram/index.js'
import { setLabel } from '../../labels.js'
import { formatG } from '../../print/number.js'
import type { VectorCall } from '../function.js'
import { scalarArgument, stringArgument, vectorArgument } from '../vector/arguments.js'
import { classicQuantile } from './classic-quantile.js'
import { type Measure, measureHistograms } from './measure.js'

/** histogram_quantile(q, vector). */
export async function quantile(call: VectorCall) {
  const { expr, context } = call
  const [qSpan, vectorSpan] = expr.args.map(({ span }) => span)
  const fixes = new FixLog(context, vectorSpan)
  const quantiles = scalarArgument(call, 0)
  warnOfInvalid(quantiles, qSpan, context)
  const measure = quantileMeasure(quantiles, vectorSpan, context, fixes)
  const result = await measureHistograms(vectorArgument(call, 1), vectorSpan, [measure], context)
  fixes.tell()
  return result
}

/** histogram_quantiles(vector, label, q, ...): each quantile a series of its own, told apart by the label. */
export async function quantiles(call: VectorCall) {
  const { expr, context } = call
  const vectorSpan = expr.args[0].span
  const label = stringArgument(call, 1)
  const fixes = new FixLog(context, vectorSpan)
  const measures = expr.args.slice(2).map(({ span }, i): Measure => {
    const values = scalarArgument(call, i + 2)
    warnOfInvalid(values, span, context)
    const measure = quantileMeasure(values, vectorSpan, context, fixes)
    return { ...measure, resultLabels: (labels, step) => setLabel(labels, label, formatOpenMetrics(values[step])) }
  })
  const result = await measureHistograms(vectorArgument(call, 0), vectorSpan, measures, context)
  fixes.tell()
  return result
}

function quantileMeasure(quantiles: Float64Array, span: Span, { annotations }: EvalContext, fixes: FixLog): Measure {
  return {
    ofNative: (histogram, step, metric) => {
      const { value, nan } = histogramQuantile(quantiles[step], histogram)
      if (nan === 'result') annotations.inform(INFO.quantileNaNResult(metric), span)
      if (nan === 'skew') annotations.inform(INFO.quantileNaNSkew(metric), span)
      return value
    },
    ofClassic: (buckets, step, metric) => {
      const { value, fix } = classicQuantile(quantiles[step], buckets)
      if (fix) fixes.note(metric, step, fix)
      return value
    },
  }
}

/** Fixes for monotonicity, told once for each metric name. */
class FixLog {
  readonly #context: EvalContext
  readonly #span: Span
  readonly #fixes = new Map<string, MonotonicityFixes>()

  constructor(context: EvalContext, span: Span) {
    this.#context = context
    this.#span = span
  }

  note(metric: string, step: number, fix: MonotonicityFix): void {
    const { startMs, stepMs } = this.#context.grid
    const timeMs = startMs + step * stepMs
    const before = this.#fixes.get(metric) ?? { ...fix, histograms: 0, firstMs: timeMs, lastMs: timeMs }
    this.#fixes.set(metric, {
      lowest: Math.min(before.lowest, fix.lowest),
      highest: Math.max(before.highest, fix.highest),
      most: Math.max(before.most, fix.most),
      histograms: before.histograms + 1,
      firstMs: Math.min(before.firstMs, timeMs),
      lastMs: Math.max(before.lastMs, timeMs),
    })
  }

  tell(): void {
    for (const [metric, fixes] of this.#fixes) {
      this.#context.annotations.inform(INFO.forcedMonotonicity(metric, fixes), this.#span)
    }
  }
}

function warnOfInvalid(quantiles: Float64Array, span: Span, { annotations }: EvalContext): void {
  for (const q of quantiles) if (!(q >= 0 && q <= 1)) annotations.warn(WARNING.invalidQuantile(q), span)
}

/** A float as OpenMetrics writes one into a label: always with a point or an exponent. */
function formatOpenMetrics(value: number): string {
  const text = formatG(value)
  return Number.isFinite(value) && !/[.e]/.test(text) ? `${text}.0` : text
}
