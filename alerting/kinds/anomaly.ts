import type { VectorSelector } from '../../promql/ast.js'
import { formatExpr } from '../../promql/print/format.js'
import type { Anomaly } from './condition.js'
import { type Fragment, labelsOf, readQuery } from './fragment.js'
import type { Known } from './known.js'
import { metricName } from './metric-unit.js'

/** Scores (0..1) from which on a value counts as anomalous; detectors mean 0.5 by it. */
const SCORE = { low: 0.75, medium: 0.5, high: 0.35 } as const
/** A detector raises its score once for each event: it counts for so long. */
const MEMORY = '5m'

/**
 * `api_latency is anomalous above`: the score of the series against the pattern that was learned, and where it lies
 * against the band of what is expected. The alert's value is the score.
 * @throws Error that says what to write instead
 */
export function anomaly(query: string, { direction = 'any', sensitivity = 'medium' }: Anomaly, known: Known): Fragment {
  const expr = readQuery(query)
  const name = metricName(expr)
  if (expr.type !== 'vector' || !name || expr.offsetMs !== 0 || expr.at) {
    throw new Error(`${query} has no scores: they are of single metrics, so write a name and labels alone`)
  }
  const over = typeof sensitivity === 'number' ? sensitivity : SCORE[sensitivity]
  const score = `max_over_time(${scoreSeries('anomaly_score', name, expr)}[${MEMORY}]) >= ${over}`
  const labels = labelsOf(query, known)
  const notes = [`a score from ${over} on within the last ${MEMORY} counts as anomalous`]
  if (direction === 'any') return { text: score, isSet: false, labels, notes }
  const [side, operator] = direction === 'above' ? ['anomaly_upper', '>'] : ['anomaly_lower', '<']
  const outside = `${formatExpr(expr)} ${operator} ignoring (metric) ${scoreSeries(side, name, expr)}`
  return { text: `${score} and ignoring (metric) (${outside})`, isSet: true, labels, notes }
}

/** Series that hold the scores of a metric: its name is their label `metric`. */
function scoreSeries(series: string, metric: string, { matchers, ...selector }: VectorSelector): string {
  const others = matchers.filter(({ name }) => name !== '__name__')
  const named = { name: '__name__', op: '=', value: series } as const
  const scored = [named, { name: 'metric', op: '=', value: metric } as const, ...others]
  return formatExpr({ ...selector, name: series, matchers: scored })
}
