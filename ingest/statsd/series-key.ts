import type { Label } from '../../schemas/series/series.js'

/** One text for a metric and its labels in any order, to keep state under. */
export function seriesKey(metric: string, labels: readonly Label[]): string {
  let key = metric
  for (const [name, value] of [...labels].sort(([a], [b]) => (a < b ? -1 : 1))) key += `\0${name}\0${value}`
  return key
}
