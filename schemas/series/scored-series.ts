import type { AnomalyRule } from '../config/anomaly.js'
import type { Rollup } from '../config/schema.js'
import { type Matcher, seriesPredicate } from './matcher.js'
import { rollupName } from './rollup.js'
import type { Series } from './series.js'

/** The metrics that scores are kept in: score, lower and upper bound. */
export const SCORE_METRICS = ['anomaly_score', 'anomaly_lower', 'anomaly_upper'] as const

/** True for the metrics that scores are kept in. */
export function isScoreMetric(metric: string): boolean {
  return SCORE_METRICS.some((one) => one === metric)
}

/**
 * Says by which rule a series is scored: the first that fits. Scores are not scored, and no rollups: their windows are
 * parts, which only readers put together.
 * @throws TM_QUERY_REGEX if a rule's expression does not compile
 */
export function scoringOf(
  rules: readonly AnomalyRule[],
  rollups: readonly Rollup[],
): (series: Series) => AnomalyRule | undefined {
  const compiled = rules.map((rule) => ({ fits: seriesPredicate(matchersOf(rule)), rule }))
  const rollupMetrics = new Set(rollups.map(({ match, by }) => rollupName(match, by)))
  return (series) => {
    if (isScoreMetric(series.metric) || rollupMetrics.has(series.metric)) return undefined
    return compiled.find(({ fits }) => fits(series))?.rule
  }
}

/** The matchers of a rule: regular expressions by label. */
export function matchersOf({ match }: AnomalyRule): Matcher[] {
  return Object.entries(match).map(([name, value]) => ({ name, op: '=~', value }))
}
