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

/** Functions of ranges that follow each other without a gap: what a source of windows can compute. */
export function runsQuery(random: Random, metrics: readonly string[], rangeMs: number): string {
  const metric = pick(random, metrics)
  if (chance(random, 0.15)) return histogramQuery(random, metric, rangeMs)
  const func = pick(random, RUN_FUNCTIONS)
  const over = func === 'last' ? metric : `${func}${metric}[${rangeMs}ms])`
  const offset = chance(random, 0.2) ? ` offset ${rangeMs}ms` : ''
  const shifted = over.endsWith(')') ? `${over.slice(0, -1)}${offset})` : `${over}${offset}`
  if (chance(random, 0.2)) return chance(random, 0.5) ? shifted : `topk(2, ${shifted})`
  return `${pick(random, AGGREGATES.slice(0, PLAIN_AGGREGATES))} ${pick(random, GROUPINGS)}(${shifted})`
}

/** Distributions of ranges, merged over series. */
function histogramQuery(random: Random, metric: string, rangeMs: number): string {
  const summed = `sum_over_time(${metric.replace(/(?:\{|$)/, (end) => `:histogram${end}`)}[${rangeMs}ms])`
  const merged = chance(random, 0.2) ? summed : `sum ${pick(random, GROUPINGS)}(${summed})`
  return chance(random, 0.3) ? merged : `histogram_quantile(${pick(random, ['0.5', '0.99'])}, ${merged})`
}

const PLAIN_AGGREGATES = 6
/** Each up to its selector. */
const RUN_FUNCTIONS = [
  ...['sum', 'count', 'avg', 'min', 'max'].map((name) => `${name}_over_time(`),
  'last',
  'quantile_over_time(0.9, ',
  'quantile_over_time(0, ',
  'rate(',
  'increase(',
]
const RANGES = ['15s', '1m', '5m', '10m', '70s']

function ranged(random: Random, metric: string, range: string): string {
  if (chance(random, 0.15)) return `quantile_over_time(${pick(random, ['0.5', '0.99', '0', '1'])}, ${metric}[${range}])`
  const func = chance(random, 0.2) ? pick(random, ['rate', 'increase', 'delta']) : pick(random, RANGE_FUNCTIONS)
  return `${func}(${metric}[${range}])`
}
