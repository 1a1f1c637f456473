import type { LabelSet } from './labels.js'

/** Of fewer series it is derived as fast as it is found again. */
const MANY_SERIES = 200
/** Different things that are remembered of one sequence. */
const MOST_KINDS = 16

/** What was derived of a sequence of label sets, and the sequence. */
interface Remembered {
  sequence: readonly LabelSet[]
  derived: unknown
}

/** By the first label set, which whoever keeps its series holds for as long as it keeps them. */
const remembered = new WeakMap<LabelSet, Map<string, Remembered>>()

/**
 * What follows from the labels of series and nothing else: derived once for many series that come again and again with
 * the very same label sets in the same order, as they do from round to round of the judgement of rules.
 * @param kind names what is derived: the same for the same labels
 */
export async function derivedOfLabels<Derived>(
  kind: string,
  series: readonly { labels: LabelSet }[],
  derive: () => Derived | Promise<Derived>,
): Promise<Derived> {
  if (series.length < MANY_SERIES) return derive()
  const [{ labels: first }] = series
  const kinds = remembered.get(first) ?? new Map<string, Remembered>()
  const known = kinds.get(kind)
  if (known && isSequence(series, known.sequence)) return known.derived as Derived
  const derived = await derive()
  if (known || kinds.size < MOST_KINDS) kinds.set(kind, { sequence: series.map(({ labels }) => labels), derived })
  remembered.set(first, kinds)
  return derived
}

function isSequence(series: readonly { labels: LabelSet }[], sequence: readonly LabelSet[]): boolean {
  if (series.length !== sequence.length) return false
  for (let i = 0; i < series.length; i++) if (series[i].labels !== sequence[i]) return false
  return true
}
