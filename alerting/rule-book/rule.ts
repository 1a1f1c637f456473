import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { TidemarkError } from '../../schemas/errors.js'
import { SEVERITIES, type Severity } from '../../schemas/severity.js'
import {
  type Composite,
  type Condition,
  conditionSchema,
  isComposite,
  OPERATORS,
  partSchema,
} from '../kinds/condition.js'
import { describe } from '../kinds/describe.js'
import { parseSpan } from '../kinds/quantity.js'
import { parseSentence } from '../kinds/sentence.js'

const Texts = Type.Record(Type.String(), Type.String())
const SeveritySchema = Type.Union(SEVERITIES.map((one) => Type.Literal(one)))

/** A rule as files and the API bring it: its condition as a sentence (`when`), or as metric_query and condition. */
const RuleInput = Type.Object(
  {
    rule_id: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$' })),
    name: Type.String({ minLength: 1, maxLength: 200 }),
    when: Type.Optional(Type.String({ minLength: 1 })),
    metric_query: Type.Optional(Type.String()),
    condition: Type.Optional(Type.Object({ operator: Type.String() })),
    severity: Type.Optional(SeveritySchema),
    notification_channels: Type.Optional(
      Type.Array(Type.String({ pattern: '^[a-z0-9-]+:.+$' }), {
        description: 'such as "pagerduty:team-a", "slack:#alerts"',
      }),
    ),
    labels: Type.Optional(Texts),
    annotations: Type.Optional(Texts),
    enabled: Type.Optional(Type.Boolean()),
    interval: Type.Optional(
      Type.String({ description: 'how often it is judged; default alerting.evaluation_interval' }),
    ),
    group: Type.Optional(Type.String({ minLength: 1, description: 'group of the Prometheus file it came from' })),
  },
  { additionalProperties: false },
)

/** P1 wakes people, P4 can wait. */

/** An alerting rule as `alert_rules` holds it. */
export interface Rule {
  rule_id: string
  /** The `alertname` of its alerts. */
  name: string
  /** Of a composite condition: the condition as a sentence. */
  metric_query: string
  condition: Condition
  severity: Severity
  notification_channels: readonly string[]
  labels: Readonly<Record<string, string>>
  annotations: Readonly<Record<string, string>>
  enabled: boolean
  interval?: string
  group?: string
}

/**
 * Reads a rule in either form. Without an id it has its name's, so that applying it again finds it.
 * @throws TM_RULE that says where and what to write instead
 */
export function readRule(input: unknown): Rule {
  const { name } = (input ?? {}) as { name?: unknown }
  const rule = typeof name === 'string' && name !== '' ? name : '(without a name)'
  const wrong = Value.Errors(RuleInput, input).First()
  if (wrong) throw fault(rule, wrong.path.slice(1).replaceAll('/', '.') || 'the rule', wrong.message)
  const given = input as Static<typeof RuleInput>
  if (given.interval !== undefined && !parseSpan(given.interval)) {
    throw fault(rule, 'interval', `"${given.interval}" is no span of time`, 'write one such as 30s')
  }
  const { metric_query, condition } = readCondition(rule, given)
  return {
    rule_id: given.rule_id ?? idOf(given.name),
    name: given.name,
    metric_query,
    condition,
    severity: given.severity ?? 'P3',
    notification_channels: given.notification_channels ?? [],
    labels: given.labels ?? {},
    annotations: given.annotations ?? {},
    enabled: given.enabled ?? true,
    ...(given.interval !== undefined && { interval: given.interval }),
    ...(given.group !== undefined && { group: given.group }),
  }
}

/** The id that a rule of this name has if it is given none. */
export function idOf(name: string): string {
  const id = name
    .normalize('NFKD')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return id === '' ? 'rule' : id.slice(0, 120)
}

function readCondition(rule: string, given: Static<typeof RuleInput>): Pick<Rule, 'metric_query' | 'condition'> {
  const { when, metric_query, condition } = given
  if (when !== undefined) {
    if (condition !== undefined)
      throw fault(rule, 'when', 'the condition stands there twice', 'leave `when` or `condition` out')
    try {
      return parseSentence(when)
    } catch (cause) {
      throw new TidemarkError('TM_RULE_CONDITION', { rule, reason: (cause as Error).message }, cause)
    }
  }
  if (!condition)
    throw fault(
      rule,
      'condition',
      'it has none',
      'write `when: api_error_rate > 5% FOR 5 minutes`, or metric_query and condition',
    )
  const whole = checked(rule, 'condition', condition, conditionSchema) as Condition
  if (isComposite(whole)) {
    checkParts(rule, 'condition', whole)
    const { duration: _, keep_firing_for: __, ...clause } = whole
    return { metric_query: metric_query || describe({ metric_query: '', condition: clause }), condition: whole }
  }
  if (!metric_query) throw fault(rule, 'metric_query', 'it is missing', 'name the metric, or write a PromQL query')
  return { metric_query, condition: whole }
}

function checkParts(rule: string, where: string, { conditions }: Composite): void {
  for (const [i, part] of conditions.entries()) {
    const at = `${where}.conditions.${i}`
    const read = checked(rule, at, part, partSchema) as Composite | { operator: 'promql' }
    if (isComposite(read)) checkParts(rule, at, read)
  }
}

function checked(rule: string, where: string, value: unknown, schemaOf: typeof conditionSchema): unknown {
  const { operator } = (value ?? {}) as { operator?: unknown }
  const schema = schemaOf(operator)
  if (!schema)
    throw fault(
      rule,
      `${where}.operator`,
      `"${String(operator)}" is no operator`,
      `write one of ${OPERATORS.join(' ')}`,
    )
  const wrong = Value.Errors(schema, value).First()
  if (wrong) throw fault(rule, where + wrong.path.replaceAll('/', '.'), wrong.message)
  return value
}

function fault(rule: string, where: string, reason: string, fix?: string): TidemarkError {
  const general = 'correct it; `tidemark rules apply --help` shows examples'
  return new TidemarkError('TM_RULE', { rule, where, reason, fix: fix ?? general })
}
