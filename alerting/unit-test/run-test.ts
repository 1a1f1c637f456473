import { parseExpr } from '../../promql/parse.js'
import { formatDurationMs } from '../../promql/print/number.js'
import { MemorySource } from '../../promql/script/memory-source.js'
import { asTidemarkError } from '../../schemas/errors.js'
import { AlertEvaluator, type EvaluateOptions } from '../alert-evaluator.js'
import { alertSeries } from '../alert-series.js'
import { askOnce } from '../ask.js'
import { groupId } from '../evaluate.js'
import { type RecordedPoint, type RecordedSeries, recordedPoints, seriesOfPoints, staleMarkers } from '../record.js'
import { isRecording, type Rule, type RuleGroup } from '../rule-file.js'
import { alertDifference, sampleDifference } from './compare.js'
import { InputSeries } from './input-series.js'
import type { AlertTest, UnitTest, UnitTestFile } from './test-file.js'

/** No query of a test holds more. */
const SAMPLES = 50_000_000
const LIMITS = { querySamples: SAMPLES, queryDepth: 200, queryResultSamples: SAMPLES }

/**
 * Runs one test on rules, as `promtool test rules` does: at each time of the evaluation interval the samples up to there
 * are loaded and every rule is evaluated in order; then the expressions are asked.
 * @returns what failed, in promtool's wording; empty if nothing did
 */
export async function runTest(
  test: UnitTest,
  groups: readonly RuleGroup[],
  settings: Pick<UnitTestFile, 'evaluationIntervalMs' | 'groupOrder' | 'fuzzy'>,
): Promise<string[]> {
  return new TestRun(test, groups, settings).run()
}

/** A rule of the test, and how it is evaluated at a time. */
interface TestedRule {
  name: string
  group: RuleGroup
  /** @throws Error @returns the points that come of it, without staleness markers */
  evaluate(timeMs: number): Promise<RecordedPoint[]>
  alerts?: AlertEvaluator
  /** Series of the points that it gave last. */
  series: RecordedSeries
}

class TestRun {
  readonly #source = new MemorySource()
  readonly #options: EvaluateOptions
  readonly #rules: TestedRule[]
  readonly #input: InputSeries
  readonly #failures: string[] = []

  constructor(
    private readonly test: UnitTest,
    groups: readonly RuleGroup[],
    private readonly settings: Pick<UnitTestFile, 'evaluationIntervalMs' | 'groupOrder' | 'fuzzy'>,
  ) {
    this.#options = {
      open: async () => this.#source,
      limits: LIMITS,
      defaultSubqueryStepMs: settings.evaluationIntervalMs,
      now: () => 0,
      external: { labels: test.externalLabels, url: test.externalUrl },
      firstMs: test.startMs,
    }
    this.#input = new InputSeries(test, this.#source)
    this.#rules = ordered(groups, settings.groupOrder).flatMap((group) => {
      const stepped = { ...group, intervalMs: settings.evaluationIntervalMs }
      return group.rules.map((rule, i) => this.#tested(rule, stepped, i))
    })
  }

  async run(): Promise<string[]> {
    const { startMs, alerts, exprs } = this.test
    const stepMs = this.settings.evaluationIntervalMs
    const endMs = startMs + Math.max(0, ...[...alerts, ...exprs].map(({ atMs }) => atMs))
    for (let timeMs = startMs; timeMs <= endMs; timeMs += stepMs) {
      this.#input.loadUpTo(timeMs)
      if (!(await this.#evaluate(timeMs))) return this.#failures
      const due = alerts.filter(({ atMs }) => startMs + atMs >= timeMs && startMs + atMs < timeMs + stepMs)
      for (const alertTest of due.sort((a, b) => a.atMs - b.atMs)) this.#checkAlerts(alertTest)
    }
    for (const exprTest of exprs) await this.#checkExpr(exprTest)
    return this.#failures
  }

  #tested(rule: Rule, group: RuleGroup, place: number): TestedRule {
    const { queryOffsetMs = 0 } = group
    if (isRecording(rule)) {
      const evaluate = async (timeMs: number) => {
        const given = await askOnce(rule, timeMs - queryOffsetMs, this.#options)
        return recordedPoints(rule, given, group, timeMs - queryOffsetMs)
      }
      return { name: rule.record, group, evaluate, series: new Map() }
    }
    const alerts = new AlertEvaluator(rule, `${groupId(group)};${place}`, group, this.#options, [])
    const evaluate = async (timeMs: number) => {
      await alerts.advance(timeMs)
      if (alerts.reason !== undefined) throw new Error(alerts.reason)
      const { labels, alerts: active } = alerts.status()
      return alertSeries(labels, active, timeMs - queryOffsetMs)
    }
    return { name: rule.alert, group, evaluate, alerts, series: new Map() }
  }

  /** @returns false if a rule failed: nothing after that can be relied on */
  async #evaluate(timeMs: number): Promise<boolean> {
    let isWhole = true
    for (const rule of this.#rules) {
      try {
        const points = await rule.evaluate(timeMs)
        const series = seriesOfPoints(points)
        const gone = staleMarkers(rule.series, series, timeMs - (rule.group.queryOffsetMs ?? 0))
        for (const { labels, timeMs: at, value } of [...points, ...gone]) this.#source.appendNewer(labels, at, value)
        rule.series = series
      } catch (thrown) {
        isWhole = false
        const { file, name } = rule.group
        const at = formatDurationMs(timeMs - this.test.startMs)
        const reason = reasonOf(thrown)
        this.#fail(`    file: ${file}, group: ${name}, rule: ${rule.name}, time: ${at}, err: ${reason}`)
      }
    }
    return isWhole
  }

  #checkAlerts({ alertname, atMs, expected }: AlertTest): void {
    const firing = this.#rules
      .filter(({ name, alerts }) => alerts && name === alertname)
      .flatMap(({ alerts }) => alerts?.status().alerts ?? [])
      .filter(({ state }) => state === 'firing')
    const difference = alertDifference(expected, firing)
    if (difference) this.#fail(`    alertname: ${alertname}, time: ${formatDurationMs(atMs)},\n${difference}`)
  }

  async #checkExpr({ expr, atMs, expected }: UnitTest['exprs'][number]): Promise<void> {
    const about = `    expr: ${JSON.stringify(expr)}, time: ${formatDurationMs(atMs)}`
    try {
      const question = { expr: parseExpr(expr), text: expr }
      const found = await askOnce(question, this.test.startMs + atMs, this.#options)
      const difference = sampleDifference(expected, found, this.settings.fuzzy)
      if (difference) this.#fail(`${about},\n${difference}`)
    } catch (thrown) {
      this.#fail(`${about}, err: ${reasonOf(thrown)}`)
    }
  }

  #fail(text: string): void {
    this.#failures.push(this.test.name === '' ? text : `    name: ${this.test.name},\n${text}`)
  }
}

/** Groups in the order of their evaluation; those that are not named count as the first one that is. */
function ordered(groups: readonly RuleGroup[], order: readonly string[]): RuleGroup[] {
  const place = ({ name }: RuleGroup) => Math.max(0, order.indexOf(name))
  return [...groups].sort((a, b) => place(a) - place(b))
}

function reasonOf(thrown: unknown): string {
  const { code, details, message } = asTidemarkError(thrown)
  return code === 'TM_INTERNAL' ? String(details.reason) : message
}
