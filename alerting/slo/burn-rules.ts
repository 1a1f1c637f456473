import { parseSpan } from '../kinds/quantity.js'
import { type Rule, readRule } from '../rule-book/rule.js'
import { errorBudget, errorRatio, type Slo } from './slo.js'

/** A part of the error budget that is used up within the long window; the short one tells that it goes on. */
interface Burn {
  share: number
  long: string
  short: string
}

/** Google's SRE workbook, "Alerting on SLOs", table 5-8: over 30 days 14.4, 6, 3 and 1 times what the objective allows. */
const PAGE: readonly Burn[] = [
  { share: 0.02, long: '1h', short: '5m' },
  { share: 0.05, long: '6h', short: '30m' },
]
const TICKET: readonly Burn[] = [
  { share: 0.1, long: '1d', short: '2h' },
  { share: 0.1, long: '3d', short: '6h' },
]

/** The alerting rules of an objective: one that wakes people, one that can wait. */
export function burnRules(slo: Slo): Rule[] {
  const { slo_id, name, objective, window, notification_channels = [] } = slo
  const rule = (kind: string, severity: string, burns: readonly Burn[]) =>
    readRule({
      rule_id: `slo-${slo_id}-${kind}`,
      name: `${name}: error budget burns ${kind === 'page' ? 'fast' : 'slowly'}`,
      metric_query: burns.map((burn) => burnsFaster(slo, burn)).join(' or '),
      condition: { operator: 'promql' },
      severity,
      notification_channels,
      labels: { slo: slo_id },
      annotations: {
        summary: `{{ $value | humanizePercentage }} errors; ${objective}% over ${window} allow ${errorBudget(slo) * 100}%`,
      },
      group: `slo:${slo_id}`,
    })
  return [rule('page', 'P1', PAGE), rule('ticket', 'P3', TICKET)]
}

/** How many times faster than the objective allows the budget burns if so much of it is used up in the long window. */
function burnRate({ window }: Slo, { share, long }: Burn): number {
  return Number(((share * parseSpan(window)!) / parseSpan(long)!).toPrecision(6))
}

function burnsFaster(slo: Slo, burn: Burn): string {
  const limit = Number((burnRate(slo, burn) * errorBudget(slo)).toPrecision(12))
  return `(${errorRatio(slo, burn.long)} > ${limit} and ${errorRatio(slo, burn.short)} > ${limit})`
}
