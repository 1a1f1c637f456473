import type { LabelNames } from './fragment.js'

/**
 * The labels by which series of two sides belong together: those that all series of both have. Where their values never
 * meet, as an instance does that has another port, a label is left out.
 * @returns undefined if the label sets have the same names throughout, or are not known: then they are compared whole
 */
export function sharedLabels(
  left: readonly LabelNames[] | undefined,
  right: readonly LabelNames[] | undefined,
): string[] | undefined {
  if (!left?.length || !right?.length) return undefined
  const [ofLeft, ofRight] = [commonNames(left), commonNames(right)]
  const both = [...ofLeft].filter((name) => ofRight.has(name)).sort()
  const isWhole = [...left, ...right].every((one) => Object.keys(one).length === both.length)
  if (isWhole && meet(left, right, both)) return undefined
  const meeting = both.filter((name) => meet(left, right, [name]))
  return meeting.length === 0 && both.length > 0 && isWhole ? undefined : meeting
}

function commonNames(series: readonly LabelNames[]): Set<string> {
  const [first, ...others] = series.map((one) => new Set(Object.keys(one)))
  return new Set([...first].filter((name) => others.every((names) => names.has(name))))
}

/** True if a series of one side has the same values of these labels as one of the other. */
function meet(left: readonly LabelNames[], right: readonly LabelNames[], names: readonly string[]): boolean {
  const key = (one: LabelNames) => JSON.stringify(names.map((name) => one[name]))
  const keys = new Set(left.map(key))
  return right.some((one) => keys.has(key(one)))
}
