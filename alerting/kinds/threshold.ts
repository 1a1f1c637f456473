import type { Threshold } from './condition.js'
import { compared, type Fragment, labelsOf, readQuery } from './fragment.js'
import type { Known } from './known.js'
import { unitOf } from './metric-unit.js'
import { type InMetric, inMetric, parseQuantity, type Unit, unitNamed } from './quantity.js'

/** `api_error_rate > 5%`: the query compared with a number. @throws Error that says what to write instead */
export function threshold(query: string, { operator, ...condition }: Threshold, known: Known): Fragment {
  const expr = readQuery(query)
  const unit = unitFor(condition.metric_unit, () => unitOf(expr, known))
  const { number, note } = amount(condition.threshold, unit, query)
  const notes = [note, doubtfulShare(condition, unit, query, known)].filter((one) => one !== undefined)
  return { text: `${compared(expr)} ${operator} ${number}`, isSet: false, labels: labelsOf(query, known), notes }
}

/** The unit that was named, or else the one that is found. @throws Error if the name is none */
export function unitFor(name: string | undefined, find: () => Unit | undefined): Unit | undefined {
  if (name === undefined) return find()
  const unit = unitNamed(name)
  if (unit) return unit
  throw new Error(`metric_unit "${name}" is no unit: write one such as ratio, percent, ms, s, bytes`)
}

/** An amount as a number of the metric. @throws Error if it is none */
export function amount(written: number | string, unit: Unit | undefined, subject: string): InMetric {
  if (typeof written === 'number') return { number: written }
  const quantity = parseQuantity(written)
  if (quantity) return inMetric(quantity, unit, subject)
  throw new Error(`"${written}" is no amount: write a number, with a unit such as %, ms, s, kB, MB, GB if you like`)
}

/** Nobody says what it is in, it is compared with percents, and it looks like parts of one: then it would never fire. */
function doubtfulShare(
  { threshold: written }: Pick<Threshold, 'threshold'>,
  unit: Unit | undefined,
  query: string,
  known: Known,
): string | undefined {
  if (unit || typeof written === 'number' || !written.includes('%')) return undefined
  const values = known.results(query)?.map(({ value }) => value) ?? []
  if (values.length === 0 || !values.every((value) => value >= 0 && value <= 1)) return undefined
  return `all ${values.length} values of ${query} lie between 0 and 1 right now: if they are parts of one, set metric_unit to ratio`
}
