import { formatExpr } from '../../promql/print/format.js'
import { formatDuration } from '../../schemas/config/duration.js'
import type { Absent } from './condition.js'
import { type Fragment, labelsOf, readQuery } from './fragment.js'
import type { Known } from './known.js'
import { parseSpan } from './quantity.js'

const DEFAULT_MS = 300_000
/** A series that was not there for longer is forgotten. */
const REMEMBERED = '1d'

/**
 * `heartbeat is absent FOR 5 minutes`: nothing came of the query for that long; `each`: of any one series that it gave
 * in the last day.
 * @throws Error that says what to write instead
 */
export function absent(query: string, { each = false, duration }: Absent, known: Known): Fragment {
  const expr = readQuery(query)
  const forMs = duration === undefined ? DEFAULT_MS : (parseSpan(duration) ?? 0)
  if (forMs < 30_000)
    throw new Error(`absent for "${duration}": write 30s at least, so that one late point is no absence`)
  const range = expr.type === 'vector' && expr.offsetMs === 0 && !expr.at ? '' : ':'
  const source =
    expr.type === 'vector' || expr.type === 'call' || expr.type === 'aggregate'
      ? formatExpr(expr)
      : `(${formatExpr(expr)})`
  const recent = `${source}[${formatDuration(forMs)}${range}]`
  if (!each) return { text: `absent_over_time(${recent})`, isSet: false, labels: [fixedLabels(expr)], notes: [] }
  const text = `last_over_time(${source}[${REMEMBERED}${range}]) unless last_over_time(${recent})`
  const notes = [`a series that was not there for ${REMEMBERED} is forgotten`]
  return { text, isSet: true, labels: labelsOf(query, known), notes }
}

/** What is absent has the labels that its selector fixes. */
function fixedLabels(expr: ReturnType<typeof readQuery>): Record<string, string> {
  if (expr.type !== 'vector') return {}
  const fixed = expr.matchers.filter(({ name, op }) => op === '=' && name !== '__name__')
  return Object.fromEntries(fixed.map(({ name, value }) => [name, value]))
}
