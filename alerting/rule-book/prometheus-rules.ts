import { parse as parseYaml } from 'yaml'
import { TidemarkError } from '../../schemas/errors.js'
import { severityOf } from '../severity.js'
import { idOf, type Rule, readRule } from './rule.js'

/** What a Prometheus rule file became. */
export interface ImportedRules {
  rules: readonly Rule[]
  /** What was left out, and why. */
  leftOut: readonly string[]
}

/** A rule as Prometheus writes it. */
interface WrittenRule {
  alert?: string
  record?: string
  expr?: string
  for?: string
  keep_firing_for?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
}

/** True if the content of a file is groups of rules as Prometheus has them. */
export function isPrometheusFile(content: unknown): boolean {
  return typeof content === 'object' && content !== null && 'groups' in content
}

/**
 * Rules of a Prometheus rule file. Their `severity` label stays, and decides P1 to P4 if it is a usual word.
 * @param file its name, for messages
 * @throws TM_RULE_FILE, TM_RULE
 */
export function importPrometheus(yaml: string, file: string): ImportedRules {
  let content: unknown
  try {
    content = parseYaml(yaml, { schema: 'failsafe' })
  } catch (cause) {
    throw fault(file, 'the whole file', (cause as Error).message, cause)
  }
  const groups = (content as { groups?: unknown })?.groups
  if (!Array.isArray(groups)) throw fault(file, 'groups', 'it is no list')
  const rules: Rule[] = []
  const leftOut: string[] = []
  const taken = new Map<string, number>()
  for (const group of groups as {
    name?: string
    interval?: string
    labels?: Record<string, string>
    rules?: WrittenRule[]
  }[]) {
    for (const written of group.rules ?? []) {
      const { alert, record } = written
      if (record !== undefined)
        leftOut.push(`${record} records a series: list the file under alerting.rule_files, which judges it`)
      if (alert === undefined) continue
      const id = idOf(alert)
      const count = (taken.get(id) ?? 0) + 1
      taken.set(id, count)
      rules.push(asRule(written, group, count === 1 ? id : `${id}-${count}`))
    }
  }
  return { rules, leftOut }
}

function asRule(
  written: WrittenRule,
  group: { name?: string; interval?: string; labels?: Record<string, string> },
  id: string,
): Rule {
  const labels = { ...group.labels, ...written.labels }
  return readRule({
    rule_id: id,
    name: written.alert,
    metric_query: written.expr?.trim(),
    condition: {
      operator: 'promql',
      ...(written.for !== undefined && { duration: written.for }),
      ...(written.keep_firing_for !== undefined && { keep_firing_for: written.keep_firing_for }),
    },
    severity: severityOf(labels),
    labels,
    annotations: written.annotations ?? {},
    ...(group.interval !== undefined && { interval: group.interval }),
    ...(group.name !== undefined && { group: group.name }),
  })
}

function fault(file: string, where: string, reason: string, cause?: unknown): TidemarkError {
  const fix = 'give a Prometheus rule file: groups of rules with alert and expr'
  return new TidemarkError('TM_RULE_FILE', { file, where, reason, fix }, cause)
}
