import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { parse as parseYaml } from 'yaml'
import type { Expr } from '../promql/ast.js'
import { parseExpr } from '../promql/parse.js'
import { parseDuration } from '../schemas/config/duration.js'
import { TidemarkError } from '../schemas/errors.js'
import type { AlertOrigin } from '../schemas/ports/rules.js'
import { parseTemplate, type Template } from './template.js'

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/

const Texts = Type.Record(Type.String(), Type.String())
const RuleSchema = Type.Object(
  {
    alert: Type.String({ minLength: 1 }),
    expr: Type.String({ minLength: 1 }),
    for: Type.Optional(Type.String()),
    keep_firing_for: Type.Optional(Type.String()),
    labels: Type.Optional(Texts),
    annotations: Type.Optional(Texts),
  },
  { additionalProperties: false },
)
const GroupSchema = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    interval: Type.Optional(Type.String()),
    labels: Type.Optional(Texts),
    rules: Type.Array(RuleSchema),
  },
  { additionalProperties: false },
)
const FileSchema = Type.Object({ groups: Type.Array(GroupSchema) }, { additionalProperties: false })

/** A label or annotation: its name, how it stands in the file, and what it becomes. */
interface Templated {
  name: string
  text: string
  fill: Template
}

/** A rule that is ready to be judged. */
export interface AlertRule {
  alert: string
  expr: Expr
  /** Of the expression. */
  text: string
  /** How long the expression must give something before the alert fires, ms. */
  forMs: number
  /** How long it goes on firing once the expression gives nothing, ms. */
  keepFiringMs: number
  labels: readonly Templated[]
  annotations: readonly Templated[]
  /** Of a rule of `alert_rules`: given to its alerts. */
  origin?: AlertOrigin
}

/** Rules that are judged together, every so often. */
export interface RuleGroup {
  name: string
  file: string
  intervalMs: number
  rules: readonly AlertRule[]
}

/**
 * Reads a rule file in Prometheus's format: groups of alerting rules.
 * @param file its name, for messages
 * @param defaultIntervalMs of groups that name none
 * @throws TM_RULE_FILE that says where and what to write instead
 */
export function readRuleFile(yaml: string, file: string, defaultIntervalMs: number): RuleGroup[] {
  const { groups } = parseFile(yaml, file)
  const names = new Set<string>()
  return groups.map((group) => {
    if (names.has(group.name)) throw fault(file, group.name, 'there are two groups of this name', 'rename one of them')
    names.add(group.name)
    const intervalMs = durationOf(group.interval, defaultIntervalMs, { file, where: `${group.name}: interval` })
    if (intervalMs === 0) throw fault(file, group.name, 'its interval is 0', 'write a duration such as 30s')
    const rules = group.rules.map((rule) => readRule(rule, group.labels, file, group.name))
    return { name: group.name, file, intervalMs, rules }
  })
}

function parseFile(yaml: string, file: string): Static<typeof FileSchema> {
  let content: unknown
  try {
    // Every scalar is a text, as Prometheus takes labels and durations.
    content = parseYaml(yaml, { schema: 'failsafe' })
  } catch (cause) {
    throw fault(file, 'the whole file', (cause as Error).message, 'write it as YAML', cause)
  }
  const wrong = Value.Errors(FileSchema, content).First()
  if (!wrong) return content as Static<typeof FileSchema>
  const isRecording = wrong.path.endsWith('/record')
  const fix = isRecording
    ? 'rules that record series are not judged here: keep them in Prometheus'
    : 'write groups of rules with alert, expr, for, keep_firing_for, labels and annotations'
  throw fault(file, wrong.path.slice(1).replaceAll('/', '.') || 'the whole file', wrong.message, fix)
}

function readRule(
  rule: Static<typeof RuleSchema>,
  groupLabels: Readonly<Record<string, string>> = {},
  file: string,
  group: string,
): AlertRule {
  const where = `${group}: ${rule.alert}`
  const labels = templates({ ...groupLabels, ...rule.labels }, file, `${where}: labels`)
  const misnamed = labels.find(({ name }) => !LABEL_NAME.test(name) || name === '__name__' || name === 'alertname')
  if (misnamed) throw fault(file, where, `"${misnamed.name}" cannot be a label of an alert`, 'give it another name')
  return {
    alert: rule.alert,
    expr: attempt(() => parseExpr(rule.expr), file, `${where}: expr`),
    text: rule.expr,
    forMs: durationOf(rule.for, 0, { file, where: `${where}: for` }),
    keepFiringMs: durationOf(rule.keep_firing_for, 0, { file, where: `${where}: keep_firing_for` }),
    labels,
    annotations: templates(rule.annotations ?? {}, file, `${where}: annotations`),
  }
}

function templates(texts: Readonly<Record<string, string>>, file: string, where: string): Templated[] {
  return Object.entries(texts).map(([name, text]) => ({
    name,
    text,
    fill: attempt(() => parseTemplate(text), file, `${where}.${name}`),
  }))
}

function durationOf(text: string | undefined, value: number, { file, where }: { file: string; where: string }): number {
  return text === undefined ? value : attempt(() => parseDuration(text), file, where)
}

function attempt<T>(read: () => T, file: string, where: string): T {
  try {
    return read()
  } catch (cause) {
    throw fault(file, where, (cause as Error).message, 'correct it; `tidemark query` tries an expression', cause)
  }
}

function fault(file: string, where: string, reason: string, fix: string, cause?: unknown): TidemarkError {
  return new TidemarkError('TM_RULE_FILE', { file, where, reason, fix }, cause)
}
