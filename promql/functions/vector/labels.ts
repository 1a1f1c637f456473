import { anchoredRegex } from '../../../schemas/series/regex/anchored.js'
import { executionError } from '../../errors.js'
import type { StepSeries } from '../../evaluate/values.js'
import { labelValue, METRIC_NAME, setLabel } from '../../labels.js'
import type { VectorCall, VectorFunction } from '../function.js'
import { stringArgument, vectorArgument } from './arguments.js'
import { replacement } from './expand.js'
import { joinedLabel, labelSamples } from './made-label.js'
import { mergeSameLabels } from './merge.js'

/** Functions that change labels, values untouched. */
export const LABEL_FUNCTIONS: Readonly<Record<string, VectorFunction>> = {
  label_join: labelJoin,
  label_replace: labelReplace,
}

/** label_replace(v, destination, replacement, source, regex) */
function labelReplace(call: VectorCall) {
  const [destination, template, source, regex] = [1, 2, 3, 4].map((at) => stringArgument(call, at))
  const pattern = compiled(regex)
  requireName(destination, 'destination', 'label_replace')
  const replace = replacement(template)
  return relabelled(call, destination, ({ labels }) => {
    const groups = pattern.match(labelValue(labels, source))
    return groups && joinedLabel('label_replace', replace({ groups, names: pattern.names }))
  })
}

/** label_join(v, destination, separator, source...) */
function labelJoin(call: VectorCall) {
  const [destination, separator, ...sources] = call.args.slice(1).map((_, at) => stringArgument(call, at + 1))
  for (const source of sources) requireName(source, 'source', 'label_join')
  requireName(destination, 'destination', 'label_join')
  return relabelled(call, destination, ({ labels }) => {
    const values = sources.map((name) => labelValue(labels, name))
    return joinedLabel('label_join', values, separator)
  })
}

/** Every series with a label set anew, or as it was where there is nothing to set. A name that is set stays. */
async function relabelled(call: VectorCall, name: string, newValue: (one: StepSeries) => string | undefined) {
  const relabelled: StepSeries[] = []
  for (const one of vectorArgument(call, 0)) {
    await call.context.spend(1)
    const value = newValue(one)
    if (value !== undefined) await call.context.spend(labelSamples(value))
    const dropName = name === METRIC_NAME ? false : one.dropName
    relabelled.push(value === undefined ? one : one.withLabels(setLabel(one.labels, name, value), dropName))
  }
  return { type: 'vector' as const, series: await mergeSameLabels(relabelled, call.context) }
}

function compiled(regex: string) {
  try {
    return anchoredRegex(regex)
  } catch {
    throw executionError(`invalid regular expression in label_replace(): ${regex}`)
  }
}

/** Any text is a label name, so long as it is one: the parser reads bytes that are no UTF-8 as U+FFFD. */
function requireName(name: string, role: 'source' | 'destination', func: string): void {
  if (name !== '' && !/[\ud800-\udfff\ufffd]/u.test(name)) return
  throw executionError(`invalid ${role} label name in ${func}(): ${name}`)
}
