import type { Expr, VectorSelector } from '../promql/ast.js'
import { parts } from '../promql/evaluate/prepare.js'
import { labelValue } from '../promql/labels.js'
import type { SelectHints, SeriesSource, WindowedSeries } from '../schemas/ports/series-source.js'
import { type Matcher, valuePredicate } from '../schemas/series/matcher.js'
import type { TimeRange } from '../schemas/time.js'
import type { RuleSource } from './evaluate.js'

/** From so many different selections of one metric on it is read as a whole, once. */
const MANY_SELECTIONS = 8

/** All series of a metric, and those with each value of a label as far as that was asked. */
interface WholeMetric {
  series: readonly WindowedSeries[]
  byLabel: Map<string, Map<string, WindowedSeries[]>>
}

/**
 * The source of one round: a metric of which many rules select parts is read once for all of them. An answer that lacks
 * something is an error, for nothing follows from a series that is not there.
 */
export class RoundSource implements SeriesSource {
  readonly #source: RuleSource
  /** Names of metrics that many rules select differently. */
  readonly #popular: ReadonlySet<string>
  readonly #whole = new Map<string, Promise<WholeMetric>>()

  /** @param exprs of the rules of the round */
  constructor(source: RuleSource, exprs: readonly Expr[]) {
    this.#source = source
    this.#popular = popularMetrics(exprs)
  }

  async *select(matchers: readonly Matcher[], range: TimeRange, hints: SelectHints): AsyncIterable<WindowedSeries> {
    const name = exactName(matchers)
    // What an aggregation wants may lack labels that others need.
    if (!name || !this.#popular.has(name.value)) {
      yield* this.#source.select(matchers, range, hints)
      this.#refusePartial()
      return
    }
    const { grouping: _, ...all } = hints
    const key = JSON.stringify([name.value, range, all])
    let whole = this.#whole.get(key)
    if (!whole) {
      whole = this.#read(name, range, all)
      this.#whole.set(key, whole)
    }
    yield* chosen(
      await whole,
      matchers.filter((matcher) => matcher !== name),
    )
  }

  async #read(name: Matcher, range: TimeRange, hints: SelectHints): Promise<WholeMetric> {
    const series: WindowedSeries[] = []
    for await (const one of this.#source.select([name], range, hints)) series.push(one)
    this.#refusePartial()
    return { series, byLabel: new Map() }
  }

  /** @throws Error if something is missing */
  #refusePartial(): void {
    const reasons = [...(this.#source.partialReasons ?? [])]
    if (reasons.length > 0) throw new Error(reasons.join('; '))
  }
}

function exactName(matchers: readonly Matcher[]): Matcher | undefined {
  const names = matchers.filter(({ name }) => name === '__name__')
  return names.length === 1 && names[0].op === '=' ? names[0] : undefined
}

function chosen(whole: WholeMetric, matchers: readonly Matcher[]): readonly WindowedSeries[] {
  if (matchers.length === 0) return whole.series
  const exact = matchers.find(({ op, value }) => op === '=' && value !== '')
  const candidates = exact ? (indexOf(whole, exact.name).get(exact.value) ?? []) : whole.series
  const tests = matchers.filter((one) => one !== exact).map((one) => ({ name: one.name, test: valuePredicate(one) }))
  if (tests.length === 0) return candidates
  return candidates.filter(({ labels }) => tests.every(({ name, test }) => test(labelValue(labels, name))))
}

function indexOf({ series, byLabel }: WholeMetric, label: string): Map<string, WindowedSeries[]> {
  let index = byLabel.get(label)
  if (index) return index
  index = new Map()
  for (const one of series) {
    const value = labelValue(one.labels, label)
    const same = index.get(value)
    if (same) same.push(one)
    else index.set(value, [one])
  }
  byLabel.set(label, index)
  return index
}

function popularMetrics(exprs: readonly Expr[]): Set<string> {
  const selections = new Map<string, Set<string>>()
  const walk = (expr: Expr): void => {
    if (expr.type === 'vector') note(selections, expr)
    else if (expr.type === 'matrix') note(selections, expr.vector)
    else for (const part of parts(expr)) walk(part)
  }
  for (const expr of exprs) walk(expr)
  return new Set([...selections].filter(([, found]) => found.size >= MANY_SELECTIONS).map(([name]) => name))
}

function note(selections: Map<string, Set<string>>, { matchers }: VectorSelector): void {
  const name = exactName(matchers)
  if (!name) return
  const found = selections.get(name.value) ?? new Set()
  selections.set(name.value, found)
  // Enough of them are known already.
  if (found.size < MANY_SELECTIONS) found.add(JSON.stringify(matchers))
}
