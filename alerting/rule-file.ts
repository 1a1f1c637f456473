import { type Static, Type } from '@sinclair/typebox'
import type { Expr } from '../promql/ast.js'
import { valueType } from '../promql/parse/value-type.js'
import { parseExpr } from '../promql/parse.js'
import { parseDuration } from '../schemas/config/duration.js'
import { TidemarkError } from '../schemas/errors.js'
import type { AlertOrigin } from '../schemas/ports/rules.js'
import { optional, readStrictYaml, type StrictYaml, Texts, YamlFault } from './strict-yaml.js'
import { parseTemplate, type Template } from './template/template.js'

const RuleSchema = Type.Object(
  {
    record: optional(Type.String()),
    alert: optional(Type.String()),
    expr: optional(Type.String()),
    for: optional(Type.String()),
    keep_firing_for: optional(Type.String()),
    labels: optional(Texts),
    annotations: optional(Texts),
  },
  { additionalProperties: false },
)
const GroupSchema = Type.Object(
  {
    name: optional(Type.String()),
    interval: optional(Type.String()),
    query_offset: optional(Type.String()),
    limit: optional(Type.String()),
    labels: optional(Texts),
    rules: optional(Type.Array(RuleSchema)),
  },
  { additionalProperties: false },
)
const FileSchema = Type.Union([
  Type.Object({ groups: optional(Type.Array(GroupSchema)) }, { additionalProperties: false }),
  Type.Null(),
])

type GroupText = Static<typeof GroupSchema>
type RuleText = Static<typeof RuleSchema>

/** A label or annotation: its name, how it stands in the file, and what it becomes. */
export interface Templated {
  name: string
  text: string
  fill: Template
}

/** A rule that gives alerts. */
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

/** A rule whose results become points of a metric. */
export interface RecordingRule {
  /** The metric. */
  record: string
  expr: Expr
  /** Of the expression. */
  text: string
  /** Put onto every result; an empty value takes the label away. */
  labels: readonly { name: string; text: string }[]
}

export type Rule = AlertRule | RecordingRule

/** Rules that are judged together, every so often, one after the other. */
export interface RuleGroup {
  name: string
  file: string
  intervalMs: number
  /** Rules are asked as of so long ago, and record there, ms. */
  queryOffsetMs?: number
  /** A rule that gives more alerts or series than this fails; 0 or left out: no limit. */
  limit?: number
  rules: readonly Rule[]
}

/** What came of reading a file. */
export interface RuleFileReading {
  groups: RuleGroup[]
  /** TM_RULE_FILE for everything that is wrong with it; the groups are whole only if there is nothing. */
  faults: TidemarkError[]
}

export function isRecording(rule: Rule): rule is RecordingRule {
  return 'record' in rule
}

/** Whether some rule of the group is one whose results become points. */
export function hasRecordings({ rules }: Pick<RuleGroup, 'rules'>): boolean {
  return rules.some(isRecording)
}

/**
 * Reads a rule file as Prometheus 3 takes it.
 * @param file its name, for messages
 * @param defaultIntervalMs of groups that name none
 * @throws TM_RULE_FILE that names file, group and rule, and says what to write instead
 */
export function readRuleFile(yaml: string, file: string, defaultIntervalMs: number): RuleGroup[] {
  const { groups, faults } = checkRuleFile(yaml, file, defaultIntervalMs)
  if (faults.length > 0) throw faults[0]
  return groups
}

/** As `readRuleFile`, but tells everything that is wrong. */
export function checkRuleFile(yaml: string, file: string, defaultIntervalMs: number): RuleFileReading {
  const faults: RuleFileReading['faults'] = []
  try {
    const read = readStrictYaml(yaml, FileSchema)
    const groups = new RuleFileReader(file, read, defaultIntervalMs, faults).groups()
    return { groups, faults }
  } catch (thrown) {
    if (!(thrown instanceof YamlFault)) throw thrown
    const details = { file, where: placeOf(thrown), reason: thrown.message, fix: YAML_FIX }
    return { groups: [], faults: [new TidemarkError('TM_RULE_FILE', details, thrown)] }
  }
}

const YAML_FIX =
  'write groups with name, interval, query_offset, limit, labels and rules; rules with record or alert, expr, for, ' +
  'keep_firing_for, labels and annotations'

function placeOf({ path, line }: YamlFault): string {
  const place = path.join('.')
  if (line === undefined) return place || 'the whole file'
  return place === '' ? `line ${line}` : `line ${line}, ${place}`
}

/** Where in a file something stands. */
interface Place {
  path: readonly (string | number)[]
  /** In words. */
  where: string
}

class RuleFileReader {
  constructor(
    private readonly file: string,
    private readonly read: StrictYaml<Static<typeof FileSchema>>,
    private readonly defaultIntervalMs: number,
    private readonly faults: RuleFileReading['faults'],
  ) {}

  groups(): RuleGroup[] {
    const names = new Set<string>()
    return (this.read.content?.groups ?? []).map((group, i) => {
      const place = { path: ['groups', i], where: `group "${group.name ?? ''}"` }
      const name = group.name ?? ''
      if (name === '') this.#fault(place, 'it has no name', 'give it one')
      else if (names.has(name)) this.#fault(place, 'there are two groups of this name', 'rename one of them')
      names.add(name)
      this.#checkLabels(group.labels ?? {}, place)
      return { name, file: this.file, ...this.#settings(group, place), rules: this.#rules(group, place) }
    })
  }

  #settings(group: GroupText, place: Place): Pick<RuleGroup, 'intervalMs' | 'queryOffsetMs' | 'limit'> {
    const intervalMs = this.#duration(group.interval, 'interval', place)
    const limit = Number(group.limit ?? 0)
    if (!Number.isInteger(limit)) this.#fault(place, `its limit is "${group.limit}"`, 'write a whole number')
    const queryOffsetMs = this.#duration(group.query_offset, 'query_offset', place)
    return {
      // As in Prometheus, 0 is as good as none.
      intervalMs: intervalMs || this.defaultIntervalMs,
      ...(queryOffsetMs > 0 && { queryOffsetMs }),
      ...(limit > 0 && { limit }),
    }
  }

  #rules(group: GroupText, { path, where }: Place): Rule[] {
    const rules = (group.rules ?? []).map((rule, i) => {
      const name = rule.alert || rule.record || ''
      return this.#rule(rule, group.labels ?? {}, {
        path: [...path, 'rules', i],
        where: `${where}, rule ${i + 1}, "${name}"`,
      })
    })
    return rules.filter((rule) => rule !== undefined)
  }

  #rule(rule: RuleText, groupLabels: Readonly<Record<string, string | null>>, place: Place): Rule | undefined {
    const { alert, record } = rule
    if (alert && record) return this.#fault(place, 'it has both "record" and "alert"', 'make two rules of it')
    if (!alert && !record) return this.#fault(place, 'it has neither "record" nor "alert"', 'give it one of them')
    this.#checkLabels(rule.labels ?? {}, place)
    const expr = this.#expression(rule, place)
    const labels = Object.entries({ ...groupLabels, ...rule.labels }).map(([name, text]) => ({
      name,
      text: text ?? '',
    }))
    if (record) return this.#recording(rule, record, { labels, expr, place })
    const forMs = this.#duration(rule.for, 'for', place)
    const keepFiringMs = this.#duration(rule.keep_firing_for, 'keep_firing_for', place)
    const filled = labels.map((label) => this.#templated(label, 'label', place))
    const annotations = Object.entries(rule.annotations ?? {}).map(([name, text]) => {
      if (name === '') this.#fault(place, 'an annotation has no name', 'give it one')
      return this.#templated({ name, text: text ?? '' }, 'annotation', place)
    })
    if (!alert || !expr) return undefined
    return { alert, expr, text: rule.expr ?? '', forMs, keepFiringMs, labels: filled, annotations }
  }

  #recording(
    rule: RuleText,
    record: string,
    { labels, expr, place }: { labels: RecordingRule['labels']; expr: Expr | undefined; place: Place },
  ): RecordingRule | undefined {
    if (Object.keys(rule.annotations ?? {}).length > 0) this.#notForRecording('annotations', place)
    for (const field of ['for', 'keep_firing_for'] as const) {
      if (this.#duration(rule[field], field, place) > 0) this.#notForRecording(field, place)
    }
    if (/[{}\0]/.test(record)) {
      this.#fault(place, `"${record}" cannot be the name of a metric`, 'write the name alone; braces belong into expr')
    }
    return expr && { record, expr, text: rule.expr ?? '', labels }
  }

  #notForRecording(field: string, place: Place): void {
    this.#fault(place, `a recording rule has no "${field}"`, 'take it away, or make an alerting rule of it')
  }

  #expression({ expr }: RuleText, place: Place): Expr | undefined {
    if (!expr) return this.#fault(place, 'it has no "expr"', 'write the PromQL expression that it evaluates')
    const inExpr = { path: [...place.path, 'expr'], where: `${place.where}: expr` }
    const parsed = this.#attempt(() => parseExpr(expr), inExpr)
    const type = parsed && valueType(parsed)
    if (type === 'matrix' || type === 'string') {
      return this.#fault(inExpr, `it gives a ${type}`, 'a rule needs an instant vector or a scalar')
    }
    return parsed
  }

  #checkLabels(labels: Readonly<Record<string, string | null>>, place: Place): void {
    for (const name of Object.keys(labels)) {
      if (name !== '' && name !== '__name__' && !name.includes('\0')) continue
      this.#fault(place, `"${name}" cannot be a label of a rule`, 'give it another name')
    }
  }

  #templated({ name, text }: { name: string; text: string }, what: string, place: Place): Templated {
    const inField = { path: [...place.path, `${what}s`, name], where: `${place.where}: ${what} "${name}"` }
    return { name, text, fill: this.#attempt(() => parseTemplate(text), inField) ?? (() => text) }
  }

  #duration(text: string | null | undefined, field: string, place: Place): number {
    if (text === undefined || text === null) return 0
    const inField = { path: [...place.path, field], where: `${place.where}: ${field}` }
    return this.#attempt(() => parseDuration(text), inField) ?? 0
  }

  #attempt<T>(read: () => T, place: Place): T | undefined {
    try {
      return read()
    } catch (cause) {
      const fix = 'correct it; `tidemark query` tries an expression, `tidemark rules check` a file'
      return this.#fault(place, (cause as Error).message, fix, cause)
    }
  }

  #fault({ path, where }: Place, reason: string, fix: string, cause?: unknown): undefined {
    const line = this.read.line(path)
    const details = { file: this.file, where: line === undefined ? where : `line ${line}, ${where}`, reason, fix }
    this.faults.push(new TidemarkError('TM_RULE_FILE', details, cause))
    return undefined
  }
}
