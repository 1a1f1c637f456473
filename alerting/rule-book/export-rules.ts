import { isDeepStrictEqual } from 'node:util'
import { describe } from '../kinds/describe.js'
import { parseSentence } from '../kinds/sentence.js'
import type { Rule } from './rule.js'

/** A rule as a file has it: as a sentence, where a sentence says all of it; what is as by default is left out. */
export function exportRule(rule: Rule): Record<string, unknown> {
  const { rule_id, name, metric_query, condition, severity, enabled, ...rest } = rule
  const when = describe(rule)
  const { notification_channels, labels, annotations, interval, group } = rest
  return {
    rule_id,
    name,
    ...(saysAll(when, rule) ? { when } : { metric_query, condition }),
    severity,
    ...(notification_channels.length > 0 && { notification_channels }),
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
    ...(!enabled && { enabled }),
    ...(interval !== undefined && { interval }),
    ...(group !== undefined && { group }),
  }
}

/** A rule in the format of Prometheus: what only Tidemark knows goes. @param promql what it is compiled to */
export function exportPrometheusRule({ name, condition, labels, annotations, severity }: Rule, promql: string) {
  const { duration, keep_firing_for } = condition
  return {
    alert: name,
    expr: promql,
    ...(duration && condition.operator !== 'absent' && { for: duration }),
    ...(keep_firing_for && { keep_firing_for }),
    labels: { severity, ...labels },
    ...(Object.keys(annotations).length > 0 && { annotations }),
  }
}

function saysAll(when: string, { metric_query, condition }: Rule): boolean {
  try {
    return isDeepStrictEqual(parseSentence(when), { metric_query, condition })
  } catch {
    return false
  }
}
