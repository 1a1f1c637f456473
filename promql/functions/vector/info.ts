import { type Matcher, quoted, valuePredicate } from '../../../schemas/series/matcher.js'
import type { Label } from '../../../schemas/series/series.js'
import { executionError } from '../../errors.js'
import { ABSENT, HISTOGRAM, StepSeries } from '../../evaluate/values.js'
import { labelsKey, labelValue, METRIC_NAME, setLabel } from '../../labels.js'
import type { VectorCall } from '../function.js'
import { vectorArgument } from './arguments.js'
import { type InfoColumn, infoColumns } from './info-columns.js'
import { infoSelector } from './info-selector.js'
import { mergeSameLabels } from './merge.js'

/** What says whose information it is. */
const IDENTIFYING = ['instance', 'job']
/** Beyond so many values a regular expression of them all costs more than it spares. */
const MAX_SELECTED_VALUES = 500

/** The labels that are asked for, by the matchers of the second argument; all where there are none. */
interface Wanted {
  names: ReadonlySet<string>
  /** True if a series without information satisfies them. */
  isEmptyEnough: boolean
}

/**
 * info(v, {matchers}): adds the labels of info series (`target_info`, or those whose name the matchers say) to the
 * series of `v` that share `instance` and `job` with them, at each step those that hold then.
 */
export async function joinInfo(call: VectorCall) {
  const selector = call.expr.args[1]
  const matchers = selector?.type === 'vector' ? selector.matchers : []
  const ofInfo = infoNames(matchers.filter(({ name }) => name === METRIC_NAME))
  const ofLabels = matchers.filter(({ name }) => name !== METRIC_NAME)
  const wanted: Wanted = {
    names: new Set(ofLabels.map(({ name }) => name)),
    isEmptyEnough: ofLabels.every((matcher) => valuePredicate(matcher)('')),
  }

  const { enriched, asTheyAre } = split(call, ofInfo)
  const values = identifyingMatchers(enriched)
  const columns = await infoColumns(
    values.length === 0
      ? []
      : await call.context.selectTimes(infoSelector(call.expr.args[0], [...ofInfo, ...values, ...ofLabels])),
    new Set(enriched.map(identity)),
    identity,
    call.context,
  )

  const result = [...asTheyAre]
  for (const one of enriched) {
    await call.context.spend(call.context.grid.steps)
    result.push(...joined(one, columns.get(identity(one)) ?? [], wanted))
  }
  return { type: 'vector' as const, series: await mergeSameLabels(result, call.context) }
}

/** What is an info metric, by the matchers of its name: those that only say what it is not leave all that are called so. */
function infoNames(ofName: readonly Matcher[]): readonly Matcher[] {
  if (ofName.length === 0) return [{ name: METRIC_NAME, op: '=', value: 'target_info' }]
  const isPositive = ofName.some(({ op }) => op === '=' || op === '=~')
  return isPositive ? ofName : [{ name: METRIC_NAME, op: '=~', value: '.+_info' }, ...ofName]
}

/** Info series are not given information themselves. */
function split(call: VectorCall, ofInfo: readonly Matcher[]) {
  const tests = ofInfo.map(valuePredicate)
  const isInfo = ({ labels }: StepSeries) => tests.every((test) => test(labelValue(labels, METRIC_NAME)))
  const series = vectorArgument(call, 0)
  return { enriched: series.filter((one) => !isInfo(one)), asTheyAre: series.filter(isInfo) }
}

function identity({ labels }: StepSeries): string {
  return labelsKey(labels.filter(([name]) => IDENTIFYING.includes(name)))
}

/** Matchers that leave out information on others; none if no series says who it is. */
function identifyingMatchers(series: readonly StepSeries[]): Matcher[] {
  const matchers: Matcher[] = []
  for (const name of IDENTIFYING) {
    const values = new Set(series.map(({ labels }) => labelValue(labels, name)).filter((value) => value !== ''))
    if (values.size === 0) continue
    const value = values.size > MAX_SELECTED_VALUES ? '.+' : [...values].map(quoted).join('|')
    matchers.push({ name, op: '=~', value })
  }
  return matchers
}

/** One series for each set of info series that stood together at some step. */
function joined(base: StepSeries, columns: readonly InfoColumn[], wanted: Wanted): StepSeries[] {
  const bySet = new Map<string, StepSeries>()
  for (let step = 0; step < base.present.length; step++) {
    if (base.present[step] === ABSENT) continue
    const found = columns.map(({ chosen }) => chosen[step])
    if (!wanted.isEmptyEnough && found.every((at) => at === -1)) continue
    const key = found.join()
    let out = bySet.get(key)
    if (!out) {
      const infos = columns.flatMap(({ series }, i) => (found[i] === -1 ? [] : [series[found[i]]]))
      out = new StepSeries(withInformation(base.labels, infos, wanted), base.present.length, base.dropName)
      bySet.set(key, out)
    }
    if (base.present[step] === HISTOGRAM) out.setHistogram(step, base.histogram![step]!)
    else out.setFloat(step, base.value[step])
  }
  return [...bySet.values()]
}

/** Labels of the base stay as they are; info metrics must agree on the others. */
function withInformation(base: readonly Label[], infos: readonly StepSeries[], { names }: Wanted): readonly Label[] {
  const added = new Map<string, string>()
  for (const [name, value] of infos.flatMap(({ labels }) => labels)) {
    if (name === METRIC_NAME || (names.size > 0 && !names.has(name)) || labelValue(base, name) !== '') continue
    if ((added.get(name) ?? value) !== value) throw executionError(`conflicting label: ${name}`)
    added.set(name, value)
  }
  let labels = base
  for (const [name, value] of added) labels = setLabel(labels, name, value)
  return labels
}
