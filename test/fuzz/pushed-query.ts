import { chance, pick, type Random } from '../promql-grammar/random-pick.js'

const METRICS = ['requests_total', 'temperature', 'odd', 'requests_total{job="a"}', 'temperature{instance!=""}']
const RANGE_FUNCTIONS = ['sum', 'count', 'avg', 'min', 'max', 'last', 'present', 'stddev', 'first'].map(
  (name) => `${name}_over_time`,
)
const AGGREGATES = ['sum', 'count', 'min', 'max', 'avg', 'group', 'topk', 'stddev']
const GROUPINGS = ['', 'by (job) ', 'by (job, instance) ', 'without (instance) ', 'by () ', 'without () ']

/** An aggregation of a function of a range: what a source may compute by itself, and what is close to that. */
export function pushedQuery(random: Random, metrics: readonly string[] = METRICS, ranges = RANGES): string {
  const metric = pick(random, metrics)
  const over = chance(random, 0.25) ? metric : ranged(random, metric, pick(random, ranges))
  const shifted = chance(random, 0.2)
    ? `${over}`.replace(/\)?$/, (end) => ` offset ${pick(random, ranges)}${end}`)
    : over
  if (chance(random, 0.2)) return shifted
  const op = pick(random, AGGREGATES)
  return `${op} ${pick(random, GROUPINGS)}(${op === 'topk' ? '2, ' : ''}${shifted})`
}

/** An aggregation over ranges that follow each other without a gap: what a source of windows can compute. */
export function runsQuery(random: Random, metrics: readonly string[], rangeMs: number): string {
  const metric = pick(random, metrics)
  const func = pick(random, ['sum', 'count', 'avg', 'min', 'max', 'last'])
  const over = func === 'last' ? metric : `${func}_over_time(${metric}[${rangeMs}ms])`
  const offset = chance(random, 0.2) ? ` offset ${rangeMs}ms` : ''
  const shifted = over.endsWith(')') ? `${over.slice(0, -1)}${offset})` : `${over}${offset}`
  return `${pick(random, AGGREGATES.slice(0, PLAIN_AGGREGATES))} ${pick(random, GROUPINGS)}(${shifted})`
}

const PLAIN_AGGREGATES = 6
const RANGES = ['15s', '1m', '5m', '10m', '70s']

function ranged(random: Random, metric: string, range: string): string {
  if (chance(random, 0.15)) return `quantile_over_time(${pick(random, ['0.5', '0.99', '0', '1'])}, ${metric}[${range}])`
  const func = chance(random, 0.2) ? pick(random, ['rate', 'increase', 'delta']) : pick(random, RANGE_FUNCTIONS)
  return `${func}(${metric}[${range}])`
}
