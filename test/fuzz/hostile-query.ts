import { chance, pick, type Random, wholeUpTo } from '../promql-grammar/random-pick.js'

const METRICS = [
  'requests_total',
  'temperature',
  'odd',
  'latency',
  'sizes',
  'mixed',
  'classic_bucket',
  '{__name__=~".+"}',
]
const RANGE_FUNCTIONS = ['rate', 'sum_over_time', 'mad_over_time', 'changes', 'deriv', 'absent_over_time']
const REGEXES = ['(a+)+$', '(.*)*b', '((a|b)*)*c', '.*.*.*.*x', '(a|aa)+', '(?i)(x|X)*y', '[^a]{1,900}']

type Shape = (random: Random, metric: string) => string

const SHAPES: readonly Shape[] = [
  (random, metric) => `${func(random)}(${metric}[${wholeUpTo(random, 99) + 1}y:${pick(random, ['1ms', '1s', '1d'])}])`,
  (random, metric) => nested(random, metric, (inner) => `max_over_time(${inner}[1d:${pick(random, ['1s', '10s'])}])`),
  (random, metric) => `${func(random)}(${metric}[100y] offset -50y)`,
  (random, metric) => `${metric} offset ${pick(random, ['-290y', '290y'])}`,
  (_, metric) => `${metric} @ 9007199254740.991`,
  (_, metric) => `${metric} @ -9007199254740.991 offset 1ms`,
  (random, metric) =>
    nested(random, metric, (inner) => `label_join(${inner}, "job", "${'x'.repeat(20)}", "job", "job")`),
  (random, metric) => nested(random, metric, (inner) => `label_replace(${inner}, "job", "$0$0$0$0", "job", ".*")`),
  (random, metric) => `label_replace(${metric}, "x", "$1", "job", "${pick(random, REGEXES)}")`,
  (random, metric) => `${metric.startsWith('{') ? '' : metric}{job=~"${pick(random, REGEXES)}"}`,
  (random, metric) =>
    `count_values("${pick(random, ['x', 'job', '__name__'])}", ${metric} * on () group_left () time())`,
  (random, metric) => nested(random, metric, (inner) => `(${inner} + ${inner})`),
  (random, metric) => nested(random, metric, (inner) => `(${inner} or ${inner})`),
  (random) => `${'('.repeat(deep(random))}1${')'.repeat(deep(random))}`,
  (random) => `${'-'.repeat(deep(random))}1`,
  (random) => Array.from({ length: deep(random) }, () => '1').join(pick(random, ['+', ' ^ ', ' or ', ' == bool '])),
  (random) => `abs(${'abs('.repeat(deep(random))}`,
  (random) => `vector(${'9'.repeat(deep(random))})`,
  (random, metric) => `topk(${pick(random, ['1e300', 'NaN', '-1e18', 'Inf'])}, ${metric})`,
  (random, metric) => `limitk(${pick(random, ['9.3e18', '1e9', '-Inf'])}, ${metric})`,
  (random, metric) =>
    `histogram_quantiles(${metric}, "q", ${Array.from({ length: 10 }, () => random().toFixed(3)).join(', ')})`,
  (random, metric) => `sum_over_time(${metric}[step() * ${10 ** wholeUpTo(random, 18)}])`,
  (random, metric) => `${metric}[${pick(random, ['1d ^ 3', '2 ^ 1000', '1y % 0', '-(1h)', '0 / 0'])}]`,
  (_, metric) =>
    `${metric.startsWith('{') ? 'm' : metric}{${Array.from({ length: 300 }, (_, i) => `l${i}!="x"`).join(',')}}`,
  (random, metric) => `round(${metric}, ${pick(random, ['0', '1e-320', 'NaN', '-0'])})`,
  (random, metric) => `days_in_month(${metric} * ${pick(random, ['1e300', '1e15', '-1e17', 'NaN'])})`,
  (random, metric) => `quantile_over_time(${pick(random, ['-1', '2', 'NaN'])}, ${metric}[10d:1s])`,
  (_, metric) => `info(${metric}, {__name__=~".+"})`,
]

/** A query that is meant to take all time, all memory or the process with it. */
export function hostileQuery(random: Random): string {
  return pick(random, SHAPES)(random, pick(random, METRICS))
}

function func(random: Random): string {
  return pick(random, RANGE_FUNCTIONS)
}

function deep(random: Random): number {
  return chance(random, 0.5) ? 150 + wholeUpTo(random, 100) : wholeUpTo(random, 20_000)
}

/** Around itself, up to a size of the text that a request may have. */
function nested(random: Random, metric: string, around: (inner: string) => string): string {
  let text = metric
  for (let times = wholeUpTo(random, 60); times >= 0 && text.length < 3000; times--) text = around(text)
  return text
}
