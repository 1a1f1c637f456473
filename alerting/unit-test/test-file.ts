import { type Static, Type } from '@sinclair/typebox'
import type { LabelSet } from '../../promql/labels.js'
import type { ScriptItem } from '../../promql/script/command.js'
import { parseSeriesLabels, parseSeriesLine } from '../../promql/script/series-line.js'
import { parseDuration } from '../../schemas/config/duration.js'
import { optional, readStrictYaml, Texts, YamlFault } from '../strict-yaml.js'

const strict = { additionalProperties: false }
const AlertSchema = Type.Object({ exp_labels: optional(Texts), exp_annotations: optional(Texts) }, strict)
const AlertTestSchema = Type.Object(
  {
    eval_time: optional(Type.String()),
    alertname: optional(Type.String()),
    exp_alerts: optional(Type.Array(Type.Union([AlertSchema, Type.Null()]))),
  },
  strict,
)
const SampleSchema = Type.Object(
  { labels: optional(Type.String()), value: optional(Type.String()), histogram: optional(Type.String()) },
  strict,
)
const ExprTestSchema = Type.Object(
  {
    expr: optional(Type.String()),
    eval_time: optional(Type.String()),
    exp_samples: optional(Type.Array(SampleSchema)),
  },
  strict,
)
const SeriesSchema = Type.Object({ series: optional(Type.String()), values: optional(Type.String()) }, strict)
const TestSchema = Type.Object(
  {
    name: optional(Type.String()),
    interval: optional(Type.String()),
    start_timestamp: optional(Type.String()),
    input_series: optional(Type.Array(SeriesSchema)),
    alert_rule_test: optional(Type.Array(AlertTestSchema)),
    promql_expr_test: optional(Type.Array(ExprTestSchema)),
    external_labels: optional(Texts),
    external_url: optional(Type.String()),
  },
  strict,
)
const FileSchema = Type.Union([
  Type.Object(
    {
      rule_files: optional(Type.Array(Type.String())),
      evaluation_interval: optional(Type.String()),
      group_eval_order: optional(Type.Array(Type.String())),
      fuzzy_compare: optional(Type.String()),
      tests: optional(Type.Array(TestSchema)),
    },
    strict,
  ),
  Type.Null(),
])

type TestText = Static<typeof TestSchema>
type AlertTestText = Static<typeof AlertTestSchema>
type ExprTestText = Static<typeof ExprTestSchema>

const MINUTE_MS = 60_000

/** A file of unit tests in promtool's format. Times are ms. */
export interface UnitTestFile {
  /** Patterns of names, beside the file itself. */
  ruleFiles: readonly string[]
  evaluationIntervalMs: number
  /** Names of groups in the order in which they are evaluated; others come with the first. */
  groupOrder: readonly string[]
  /** Floats that are neighbours count as equal. */
  fuzzy: boolean
  tests: readonly UnitTest[]
}

/** Series, and what rules and expressions must make of them. */
export interface UnitTest {
  name: string
  startMs: number
  intervalMs: number
  series: readonly { labels: LabelSet; items: readonly ScriptItem[] }[]
  alerts: readonly AlertTest[]
  exprs: readonly ExprTest[]
  externalLabels: Readonly<Record<string, string>>
  externalUrl: string
}

/** The alerts of a name that must fire. */
export interface AlertTest {
  /** After the start of the test. */
  atMs: number
  alertname: string
  expected: readonly ExpectedAlert[]
}

export interface ExpectedAlert {
  labels: Readonly<Record<string, string>>
  annotations: Readonly<Record<string, string>>
}

/** The samples that an expression must give. */
interface ExprTest {
  atMs: number
  expr: string
  expected: readonly ExpectedSample[]
}

export interface ExpectedSample {
  labels: LabelSet
  value: number
  /** As the file writes it. */
  histogram?: string
}

/** Reads a file of unit tests. @throws Error that says where it is wrong */
export function readTestFile(text: string): UnitTestFile {
  const { content, line } = read(text)
  const file = content ?? {}
  const groupOrder = file.group_eval_order ?? []
  const repeated = groupOrder.find((name, i) => groupOrder.indexOf(name) < i)
  if (repeated !== undefined) throw new Error(`group name repeated in evaluation order: ${repeated}`)
  const evaluationIntervalMs = duration(file.evaluation_interval) || MINUTE_MS
  const tests = (file.tests ?? []).map((test, i) => {
    try {
      return readTest(test, evaluationIntervalMs)
    } catch (thrown) {
      const name = test.name ? ` "${test.name}"` : ''
      throw new Error(`line ${line(['tests', i])}: test ${i + 1}${name}: ${(thrown as Error).message}`)
    }
  })
  return {
    ruleFiles: file.rule_files ?? [],
    evaluationIntervalMs,
    groupOrder,
    fuzzy: file.fuzzy_compare === 'true',
    tests,
  }
}

function read(text: string) {
  try {
    return readStrictYaml(text, FileSchema)
  } catch (thrown) {
    if (!(thrown instanceof YamlFault)) throw thrown
    const { path, line, message } = thrown
    throw new Error(
      `${line === undefined ? '' : `line ${line}: `}${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`,
    )
  }
}

function readTest(test: TestText, evaluationIntervalMs: number): UnitTest {
  const alerts = (test.alert_rule_test ?? []).map(readAlertTest)
  const exprs = (test.promql_expr_test ?? []).map(readExprTest)
  const intervalMs = duration(test.interval) || evaluationIntervalMs
  const endMs = Math.max(0, ...[...alerts, ...exprs].map(({ atMs }) => atMs))
  // What lies behind the last question is never loaded: tests say "for ever" with millions of points.
  const wanted = Math.floor(endMs / intervalMs) + 1
  const series = (test.input_series ?? []).map(({ series, values }) => {
    try {
      return parseSeriesLine(`${series ?? ''} ${values ?? ''}`, wanted)
    } catch (thrown) {
      throw new Error(`the series ${series} cannot be read: ${(thrown as Error).message}`)
    }
  })
  return {
    name: test.name ?? '',
    startMs: startOf(test.start_timestamp ?? '0'),
    intervalMs,
    series,
    alerts,
    exprs,
    externalLabels: texts(test.external_labels),
    externalUrl: test.external_url ?? '',
  }
}

function readAlertTest({ eval_time, alertname, exp_alerts }: AlertTestText): AlertTest {
  if (!alertname) {
    throw new Error(`an item under alert_rule_test misses required attribute alertname at eval_time ${eval_time ?? 0}`)
  }
  const expected = (exp_alerts ?? []).map((alert) => ({
    // What the rule adds by itself need not stand there.
    labels: { ...texts(alert?.exp_labels), alertname },
    annotations: texts(alert?.exp_annotations),
  }))
  return { atMs: duration(eval_time), alertname, expected }
}

function readExprTest({ expr, eval_time, exp_samples }: ExprTestText): ExprTest {
  const expected = (exp_samples ?? []).map(({ labels, value, histogram }) => {
    try {
      const read = labels ? parseSeriesLabels(labels) : []
      return { labels: read, value: numberOf(value ?? '0'), histogram: histogram ?? undefined }
    } catch (thrown) {
      throw new Error(`expr: "${expr}", labels "${labels}": ${(thrown as Error).message}`)
    }
  })
  return { atMs: duration(eval_time), expr: expr ?? '', expected }
}

function duration(text: string | null | undefined): number {
  return text ? parseDuration(text) : 0
}

/** @returns ms */
function startOf(text: string): number {
  const seconds = Number(text)
  const ms = Number.isNaN(seconds) ? Date.parse(text) : seconds * 1000
  if (Number.isNaN(ms))
    throw new Error(`start_timestamp "${text}" is neither seconds nor a time such as 2024-01-01T00:00:00Z`)
  return ms
}

function numberOf(text: string): number {
  const infinite = /^([+-]?)\.?inf$/i.exec(text)
  if (infinite) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (/^\.?nan$/i.test(text)) return Number.NaN
  const value = Number(text.replaceAll('_', ''))
  if (Number.isNaN(value) || text.trim() === '') throw new Error(`"${text}" is no number`)
  return value
}

function texts(record: Readonly<Record<string, string | null>> | null | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(record ?? {}).map(([name, text]) => [name, text ?? '']))
}
