import type { Expr } from '../promql/ast.js'
import type { QueryTimes } from '../promql/engine.js'
import { labelValue, METRIC_NAME } from '../promql/labels.js'
import { derivedOfLabels } from '../promql/labels-memory.js'
import { TidemarkError } from '../schemas/errors.js'
import type { SelectHints, SeriesSource, WindowedSeries } from '../schemas/ports/series-source.js'
import { type Matcher, oneOf, valuePredicate } from '../schemas/series/matcher.js'
import type { TimeRange } from '../schemas/time.js'
import type { RuleSource } from './evaluate.js'
import { exactName, popularMetrics, shapeOf } from './selection-shape.js'

/** Names that can stand in a choice of names; those with a colon may address a part of a window, which takes them alone. */
const PLAIN_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/

/** All series of a metric, and those with each value of a label as far as that was asked. */
interface WholeMetric {
  series: readonly WindowedSeries[]
  byLabel: Map<string, Map<string, WindowedSeries[]>>
}

/**
 * The source of one round: metrics of which rules select much are read once for all of them, those that are read alike
 * in one go. An answer that lacks something is an error, for nothing follows from a series that is not there.
 */
export class RoundSource implements SeriesSource {
  readonly #source: RuleSource
  readonly #times: QueryTimes
  readonly #popular: ReadonlyMap<string, ReadonlySet<string>>
  readonly #read = new Map<string, Promise<ReadonlyMap<string, WholeMetric>>>()

  /** @param exprs of the rules that are judged at these times */
  constructor(source: RuleSource, exprs: readonly Expr[], times: QueryTimes) {
    this.#source = source
    this.#times = times
    this.#popular = popularMetrics(exprs)
  }

  /** What no other rule selects with it. */
  async *select(matchers: readonly Matcher[], range: TimeRange, hints: SelectHints): AsyncIterable<WindowedSeries> {
    yield* this.#source.select(matchers, range, hints)
    this.#refusePartial()
  }

  /** What is selected of metrics that are read as a whole. */
  async selectHeld(
    matchers: readonly Matcher[],
    range: TimeRange,
    hints: SelectHints,
  ): Promise<readonly WindowedSeries[] | undefined> {
    const name = exactName(matchers)
    const shape = shapeOf(range, hints, this.#times)
    const names = shape === undefined ? undefined : this.#popular.get(shape)
    if (!name || !names?.has(name.value)) return undefined
    const isPlain = PLAIN_NAME.test(name.value)
    const key = `${shape}${isPlain ? '' : ` ${name.value}`}`
    let read = this.#read.get(key)
    if (!read) {
      // What an aggregation wants may lack labels that others need.
      const { grouping: _, ...all } = hints
      read = this.#readAll(isPlain ? [...names].filter((one) => PLAIN_NAME.test(one)) : [name.value], range, all)
      this.#read.set(key, read)
    }
    const whole = (await read).get(name.value)
    const others = matchers.filter((matcher) => matcher !== name)
    return whole ? chosen(whole, others) : []
  }

  /** Reads metrics, in halves where they have too many series together. */
  async #readAll(names: readonly string[], range: TimeRange, hints: SelectHints): Promise<Map<string, WholeMetric>> {
    try {
      const kept = (await this.#source.wholeMetrics?.(names, range, hints)) ?? new Map<string, WindowedSeries[]>()
      const others = names.filter((name) => !kept.has(name))
      const selected = others.length > 0 ? await this.#select(others, range, hints) : []
      this.#refusePartial()
      return new Map([...kept, ...selected].map(([name, series]) => [name, { series, byLabel: new Map() }]))
    } catch (thrown) {
      const isTooMany = thrown instanceof TidemarkError && thrown.code === 'TM_QUERY_SERIES'
      if (!isTooMany || names.length === 1) throw thrown
      const half = Math.ceil(names.length / 2)
      const first = await this.#readAll(names.slice(0, half), range, hints)
      return new Map([...first, ...(await this.#readAll(names.slice(half), range, hints))])
    }
  }

  async #select(
    names: readonly string[],
    range: TimeRange,
    hints: SelectHints,
  ): Promise<Map<string, WindowedSeries[]>> {
    const byName = new Map<string, WindowedSeries[]>()
    for await (const series of this.#source.select([oneOf(METRIC_NAME, names)], range, hints)) {
      const name = labelValue(series.labels, METRIC_NAME)
      const metric = byName.get(name)
      if (metric) metric.push(series)
      else byName.set(name, [series])
    }
    return byName
  }

  /** @throws Error if something is missing */
  #refusePartial(): void {
    const reasons = [...(this.#source.partialReasons ?? [])]
    if (reasons.length > 0) throw new Error(reasons.join('; '))
  }
}

async function chosen(whole: WholeMetric, matchers: readonly Matcher[]): Promise<readonly WindowedSeries[]> {
  if (matchers.length === 0) return whole.series
  const exact = matchers.find(({ op, value }) => op === '=' && value !== '')
  const candidates = exact ? ((await indexOf(whole, exact.name)).get(exact.value) ?? []) : whole.series
  const tests = matchers.filter((one) => one !== exact).map((one) => ({ name: one.name, test: valuePredicate(one) }))
  if (tests.length === 0) return candidates
  return candidates.filter(({ labels }) => tests.every(({ name, test }) => test(labelValue(labels, name))))
}

/** The series with each value of a label. */
async function indexOf({ series, byLabel }: WholeMetric, label: string): Promise<Map<string, WindowedSeries[]>> {
  let index = byLabel.get(label)
  if (index) return index
  const places = await derivedOfLabels(`places by ${label}`, series, () => placesBy(label, series))
  index = new Map()
  for (const [value, at] of places)
    index.set(
      value,
      at.map((place) => series[place]),
    )
  byLabel.set(label, index)
  return index
}

/** Where the series with each value of a label stand. */
function placesBy(label: string, series: readonly WindowedSeries[]): Map<string, number[]> {
  const places = new Map<string, number[]>()
  for (let place = 0; place < series.length; place++) {
    const value = labelValue(series[place].labels, label)
    const same = places.get(value)
    if (same) same.push(place)
    else places.set(value, [place])
  }
  return places
}
