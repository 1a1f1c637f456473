import type { Expr } from '../promql/ast.js'
import { evaluateQuery, type QueryOptions, type QueryTimes, type Value } from '../promql/engine.js'
import { formatHistogram } from '../promql/histogram/index.js'
import type { LabelSet } from '../promql/labels.js'
import { parseExpr } from '../promql/parse.js'
import type { NativeHistogram } from '../schemas/histogram.js'
import type { SelectHints, SeriesSource, WindowedSeries } from '../schemas/ports/series-source.js'
import type { TimeRange } from '../schemas/time.js'
import type { TemplateSample } from './template/template.js'

/** A source that may know that its answers lack something: then nothing follows from a series that is not there. */
export type RuleSource = SeriesSource & {
  readonly partialReasons?: ReadonlySet<string>
  /** What is to be known of its answers. */
  readonly warnings?: ReadonlySet<string>
  /**
   * All series of each of these metrics, as `select` gives them, by a source that remembers what it read of them for the
   * rounds before. Metrics that are left out are better selected.
   * @param names several of them only if no character in them means something in a regex
   */
  wholeMetrics?(
    names: readonly string[],
    range: TimeRange,
    hints: SelectHints,
  ): Promise<ReadonlyMap<string, readonly WindowedSeries[]>>
}

/** What rules are evaluated with. */
export interface AskOptions {
  /** Opens a source for one question. */
  open: () => Promise<RuleSource>
  limits: QueryOptions['limits']
  /** Step of subqueries that name none, ms; left out: the engine's. */
  defaultSubqueryStepMs?: number
}

/** What the expression of a rule gave at a time. */
export interface Given {
  labels: LabelSet
  /** Says nothing where there is a histogram. */
  value: number
  histogram?: NativeHistogram
}

/** A question: an expression, and its text for positions in messages. */
export interface Question {
  expr: Expr
  text: string
}

/** What an expression gives, by time. */
export type GivenByTime = ReadonlyMap<number, readonly Given[]>

/**
 * What an expression gives at each time that it gives something at.
 * @throws Error if it fails, or if its answer lacks something
 */
export async function askRange(question: Question, times: QueryTimes, options: AskOptions): Promise<GivenByTime> {
  const { startMs, endMs } = times
  if (startMs === endMs) return new Map([[startMs, await askOnce(question, startMs, options)]])
  return givenByTime(await evaluate(question, times, options))
}

/** The samples of a range query's value by their times. */
export function givenByTime(value: Value): GivenByTime {
  const given = new Map<number, Given[]>()
  const add = (timeMs: number, one: Given) => {
    const already = given.get(timeMs)
    if (already) already.push(one)
    else given.set(timeMs, [one])
  }
  if (value.type !== 'matrix') return given
  for (const { labels, timeMs, value: values, histogramMs, histogram } of value.series) {
    timeMs.forEach((at, i) => {
      add(at, { labels, value: values[i] })
    })
    histogramMs.forEach((at, i) => {
      add(at, { labels, value: 0, histogram: histogram[i] })
    })
  }
  return given
}

/** What an expression gives at one time: a scalar is a sample without labels. @throws Error as `askRange` */
export async function askOnce(question: Question, timeMs: number, options: AskOptions): Promise<Given[]> {
  return givenAtOnce(await evaluate(question, { startMs: timeMs, endMs: timeMs, stepMs: 0 }, options))
}

/** The samples of an instant query's value. @throws Error if it has none */
export function givenAtOnce(value: Value): Given[] {
  if (value.type === 'vector') return value.samples
  if (value.type === 'scalar') return [{ labels: [], value: value.value }]
  throw new Error('rule result is not a vector or scalar')
}

/** What templates are answered when they ask. @throws Error as `askRange` */
export async function askForTemplate(text: string, timeMs: number, options: AskOptions): Promise<TemplateSample[]> {
  return (await askOnce({ expr: parseExpr(text), text }, timeMs, options)).map(templateSample)
}

/** A sample as templates see it. */
export function templateSample({ labels, value, histogram }: Given): TemplateSample {
  return { labels: Object.fromEntries(labels), value: histogram ? formatHistogram(histogram) : value }
}

async function evaluate({ expr, text }: Question, times: QueryTimes, options: AskOptions): Promise<Value> {
  const { open, limits, defaultSubqueryStepMs } = options
  const source = await open()
  const { value } = await evaluateQuery(expr, text, times, source, { limits, defaultSubqueryStepMs })
  const reasons = [...(source.partialReasons ?? [])]
  if (reasons.length > 0) throw new Error(reasons.join('; '))
  return value
}
