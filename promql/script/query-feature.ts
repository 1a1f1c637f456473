import type { SelectHints, SeriesSource, WindowedSeries } from '../../schemas/ports/series-source.js'
import type { Matcher } from '../../schemas/series/matcher.js'
import type { TimeRange } from '../../schemas/time.js'
import type { DurationExpr, Expr } from '../ast.js'
import { SIGNATURES } from '../functions/signatures.js'
import { parseExpr } from '../parse.js'
import type { EvalCommand } from './command.js'

/**
 * What an eval needs of an engine: nothing but floats, native histograms, or what Prometheus has behind a feature flag.
 */
export type QueryFeature = 'core' | 'native' | 'experimental'

/** A source that remembers what was read of it. */
export class WatchedSource implements SeriesSource {
  hasGivenHistograms = false
  hasGivenStartTimes = false

  constructor(private readonly source: SeriesSource) {}

  async *select(matchers: readonly Matcher[], range: TimeRange, hints: SelectHints): AsyncIterable<WindowedSeries> {
    for await (const series of this.source.select(matchers, range, hints)) {
      this.hasGivenHistograms ||= series.histogram?.some((histogram) => histogram !== undefined) ?? false
      this.hasGivenStartTimes ||= series.startMs !== undefined
      yield series
    }
  }
}

/** @param source what the eval has read from */
export function queryFeature({ query, expected }: EvalCommand, source: WatchedSource): QueryFeature {
  const expectsHistograms = expected.series.some(({ items }) => items.some((item) => item && 'histogram' in item))
  if (source.hasGivenHistograms || expectsHistograms) return 'native'
  if (source.hasGivenStartTimes) return 'experimental'
  try {
    return isExperimental(parseExpr(query)) ? 'experimental' : 'core'
  } catch {
    return 'core'
  }
}

function isExperimental(expr: Expr): boolean {
  switch (expr.type) {
    case 'vector':
      return expr.extent !== undefined || expr.offsetExpr !== undefined
    case 'matrix':
      return isArithmetic(expr.rangeExpr) || isExperimental(expr.vector)
    case 'subquery':
      return [expr.rangeExpr, expr.stepExpr, expr.offsetExpr].some(isArithmetic) || isExperimental(expr.expr)
    case 'call':
      return SIGNATURES[expr.func]?.experimental === true || expr.args.some(isExperimental)
    case 'aggregate':
      return expr.op === 'limitk' || expr.op === 'limit_ratio' || isExperimental(expr.expr) || inParam(expr.param)
    case 'binary':
      return expr.matching?.fill !== undefined || isExperimental(expr.left) || isExperimental(expr.right)
    case 'unary':
    case 'paren':
    case 'stepInvariant':
      return isExperimental(expr.expr)
    default:
      return false
  }
}

function inParam(param: Expr | undefined): boolean {
  return param !== undefined && isExperimental(param)
}

function isArithmetic(duration: DurationExpr | undefined): boolean {
  return duration !== undefined
}
