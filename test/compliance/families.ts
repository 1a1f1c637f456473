/** One question for both servers. */
export interface Question {
  query: string
  /** The same in the language of Prometheus 2, where a function had another name. */
  inVersion2?: string
  /** Why Prometheus 2 answers it in another way than Prometheus 3, whose semantics these are. */
  changedSince2?: string
  /** Sorted answers are compared in their order; ordering makes sense for instant queries alone. */
  ordered?: true
}

const CPU = 'demo_cpu_usage_seconds_total'
const MEMORY = 'demo_memory_usage_bytes'
const DISK = 'demo_disk_usage_bytes'
const BUCKET = 'demo_api_request_duration_seconds_bucket'
const RANGES = ['1s', '15s', '1m', '5m', '15m', '1h']
const AGGREGATIONS = ['sum', 'avg', 'max', 'min', 'count', 'stddev', 'stdvar', 'group']
const SPREADS = ['stddev', 'stdvar']
const ARITHMETIC = ['+', '-', '*', '/', '%', '^', 'atan2']
const COMPARISONS = ['==', '!=', '<', '>', '<=', '>=']
const QUANTILES = ['-0.5', '0.1', '0.5', '0.75', '0.95', '0.90', '0.99', '1', '1.5']

/** The query families of the PromQL compliance tester, over the demo series. */
export function questions(): Question[] {
  return [
    ...plain(literals()),
    ...plain(selectors()),
    ...plain(aggregations()),
    ...ofOddValues(),
    ...arithmetic(),
    ...plain(comparisons()),
    ...plain(sets()),
    ...plain(matching()),
    ...overRanges(),
    ...plain(histograms()),
    ...plain(labelFunctions()),
    ...plain(mathematics()),
    ...plain(times()),
    ...plain(subqueries()),
  ]
}

/** Questions that make sense at one time only. */
export function instantQuestions(): Question[] {
  const sorts = ['sort', 'sort_desc'].flatMap((sort) => [
    `${sort}(${MEMORY})`,
    `${sort}(sum by (instance) (${CPU}))`,
    `${sort}(rate(${CPU}[5m]))`,
  ])
  const ranked = ['topk', 'bottomk'].map((rank) => `${rank}(4, ${MEMORY})`)
  return [
    ...[...sorts, ...ranked].map((query): Question => ({ query, ordered: true })),
    ...plain([
      '"a string"',
      '"\\u00e4\\"\\n"',
      `${CPU}[1m]`,
      `${MEMORY}{type="used"}[2m] offset 1m`,
      `demo_num_cpus[2m:20s]`,
      `rate(${CPU}{mode="user"}[1m])[3m:30s]`,
      'demo_intermittent_metric[10m]',
      `scalar(demo_num_cpus{instance="demo-a.example:8080"})`,
    ]),
  ]
}

/** What no server may answer. */
export function invalidQueries(): string[] {
  return [
    'demo_num_cpus[',
    'demo_num_cpus[5m',
    'demo_num_cpus{instance="x"',
    'demo_num_cpus{instance=~"[a-"}',
    '{}',
    '{instance=""}',
    '{instance=~".*"}',
    'sum(demo_num_cpus) by',
    'rate(demo_num_cpus)',
    'rate(demo_num_cpus[5m:])[1m]',
    'sum(demo_num_cpus[5m])',
    'demo_num_cpus + "text"',
    'demo_num_cpus[5m] + 1',
    'demo_num_cpus > bool',
    '1 > 2',
    'demo_num_cpus and 1',
    'no_such_function(demo_num_cpus)',
    'histogram_quantile(demo_num_cpus)',
    'count_values(demo_num_cpus)',
    'count_values("in-valid\\xff", demo_num_cpus)',
    'demo_num_cpus offset 1m offset 2m',
    'label_replace(demo_num_cpus, "job", "$1", "instance", "(.*")',
    `demo_num_cpus * on(job) ${MEMORY}`,
    `${MEMORY} * on(instance) demo_num_cpus`,
    `${MEMORY} + on(instance) group_left ${MEMORY}`,
    '{__name__=~"demo_num_cpus|demo_disk_total_bytes"} * 2',
    'demo_num_cpus or on(instance) group_left demo_num_cpus',
    'topk("x", demo_num_cpus)',
    'absent_over_time(demo_num_cpus)',
    'time() + demo_num_cpus[1m]',
    '',
  ]
}

const plain = (queries: readonly string[]): Question[] => queries.map((query) => ({ query }))

function literals(): string[] {
  const numbers = ['42', '1.234', '.123', '1.23e-3', '0x3d', 'Inf', '+Inf', '-Inf', 'inf', 'NaN', '-NaN', '2 ^ -3 ^ 2']
  return [...numbers, '-1 + 2 * 3 % 4', '(1 + 2) * 3', '1 == bool 1', '1 < bool NaN', '5 atan2 3', 'pi()']
}

function selectors(): string[] {
  const matchers = [
    'instance="demo-a.example:8080"',
    'instance!="demo-a.example:8080"',
    'instance=~"demo-.\\\\.example:8080"',
    'instance!~".*-[ab].*"',
    'type="free",instance!="demo-b.example:8080"',
    'type=~"free|used"',
    'type!~"free|used",instance=~".*c.*"',
    'type=~"u.*"',
    'type=~".*[ed]"',
    'type=""',
    'nolabel=""',
    'nolabel!=""',
    'type=~"(?i:USED)"',
    'job=~"d.m."',
  ]
  const offsets = ['30s', '1m', '5m', '10m', '-30s', '-1m', '1h']
  return [
    MEMORY,
    'nonexistent_metric_name',
    'up',
    'demo_intermittent_metric',
    'demo_odd_value',
    ...matchers.map((matcher) => `${MEMORY}{${matcher}}`),
    `{__name__="${MEMORY}"}`,
    '{__name__=~"demo_num.*|up"}',
    '{__name__=~"demo_.*_bytes",type!="used"}',
    '{type="used"}',
    `${MEMORY}{type="used",type!="free"}`,
    ...offsets.map((offset) => `${MEMORY} offset ${offset}`),
    ...offsets.map((offset) => `rate(${CPU}[2m] offset ${offset})`),
    `${DISK} @ start()`,
    `${DISK} @ end()`,
    `${DISK} @ end() offset 1m`,
    `rate(${CPU}[5m] @ end())`,
    `sum_over_time(demo_num_cpus[5m] @ start())`,
  ]
}

function aggregations(): string[] {
  const groupings = ['', 'by ()', 'by (instance)', 'by (instance, type)', 'by (nonexistent)', 'without ()']
  const all = [...groupings, 'without (instance)', 'without (instance, type)', 'without (nonexistent)']
  const selecting = [
    'topk(3,',
    'topk(0,',
    'topk(100,',
    'bottomk(3,',
    'topk by (instance) (2,',
    'bottomk without (type) (1,',
  ]
  return [
    ...AGGREGATIONS.flatMap((op) => all.map((grouping) => `${op} ${grouping} (${MEMORY})`)),
    ...AGGREGATIONS.filter((op) => !SPREADS.includes(op)).map((op) => `${op}(demo_odd_value)`),
    ...AGGREGATIONS.map((op) => `${op} by (instance) (demo_intermittent_metric)`),
    ...AGGREGATIONS.map((op) => `${op} without (mode) (rate(${CPU}[1m]))`),
    ...AGGREGATIONS.map((op) => `${op}(nonexistent_metric_name)`),
    ...selecting.map((select) => `${select} ${MEMORY})`),
    ...QUANTILES.map((q) => `quantile(${q}, ${MEMORY})`),
    ...QUANTILES.map((q) => `quantile by (type) (${q}, ${MEMORY})`),
    'quantile(NaN, demo_num_cpus)',
    'count_values("value", demo_num_cpus)',
    'count_values by (job) ("value", demo_is_holiday)',
    'count_values without (instance) ("instance", demo_num_cpus)',
    'count_values("value", demo_api_request_duration_seconds_count)',
    'max by (type) (sum without (instance) (demo_memory_usage_bytes))',
  ]
}

function ofOddValues(): Question[] {
  const changedSince2 = 'version 2 takes the deviation of a single NaN or infinity to be 0'
  return SPREADS.map((op) => ({ query: `${op}(demo_odd_value)`, changedSince2 }))
}

function arithmetic(): Question[] {
  const vectors = ARITHMETIC.flatMap((op) => [
    `${MEMORY} ${op} 1.2345`,
    `0.12345 ${op} ${MEMORY}`,
    `demo_odd_value ${op} 2`,
    `${DISK} ${op} demo_disk_total_bytes`,
    `(1 * 2 + 4 / 6 - (10 % 7)) ${op} demo_num_cpus`,
  ])
  const changedSince2 = 'version 2 keeps the metric name'
  return [
    ...plain(ARITHMETIC.map((op) => `1 ${op} 2`)),
    ...vectors.map((query) => (query.includes('atan2') ? { query, changedSince2 } : { query })),
    ...plain([`-${MEMORY}`, `+${MEMORY}`, '-demo_num_cpus ^ 2', `${DISK} / 1e9 - 2 * demo_num_cpus ^ 2`, '-(-1)']),
  ]
}

function comparisons(): string[] {
  return COMPARISONS.flatMap((op) => [
    `1 ${op} bool 2`,
    `${MEMORY} ${op} 1.1e8`,
    `1.1e8 ${op} ${MEMORY}`,
    `${MEMORY} ${op} bool 1.1e8`,
    `1.1e8 ${op} bool ${MEMORY}`,
    `demo_odd_value ${op} 0`,
    `demo_odd_value ${op} bool NaN`,
    `${DISK} ${op} demo_disk_total_bytes`,
    `${DISK} ${op} bool on(instance) demo_num_cpus`,
    `${CPU} ${op} ignoring(mode) group_left demo_items_shipped_total`,
  ])
}

function sets(): string[] {
  return ['and', 'or', 'unless'].flatMap((op) => [
    `${MEMORY} ${op} demo_num_cpus`,
    `${MEMORY} ${op} on(instance) (demo_num_cpus > 2)`,
    `${MEMORY} ${op} ignoring(type) demo_is_holiday == 1`,
    `demo_num_cpus ${op} demo_intermittent_metric`,
    `${MEMORY}{type="used"} ${op} ${MEMORY}{type=~"used|free"}`,
    `(demo_num_cpus > 2) ${op} (demo_num_cpus < 8)`,
    `nonexistent_metric_name ${op} demo_num_cpus`,
    `demo_num_cpus ${op} nonexistent_metric_name`,
  ])
}

function matching(): string[] {
  return [
    `${CPU} / on(instance) group_left demo_num_cpus`,
    `${CPU} / ignoring(mode) group_left demo_num_cpus`,
    `demo_num_cpus / on(instance, job) group_right ${CPU}`,
    `${CPU} * on(instance) group_left(job) demo_num_cpus`,
    `${MEMORY} + on(instance, type) ${MEMORY}`,
    `${MEMORY}{type="used"} - ignoring(type) ${MEMORY}{type="free"}`,
    `sum by (instance, mode) (${CPU}) / on(instance) group_left sum by (instance) (${CPU})`,
    `sum by (instance) (rate(${CPU}[1m])) / on(instance) demo_num_cpus * 100`,
    `${DISK} / on(instance, job) group_left(nonexistent) demo_disk_total_bytes`,
    `rate(demo_api_request_duration_seconds_sum[1m]) / rate(demo_api_request_duration_seconds_count[1m])`,
    `sum(rate(demo_api_request_duration_seconds_count{status=~"5.."}[5m])) / sum(rate(demo_api_request_duration_seconds_count[5m]))`,
    `demo_num_cpus * ignoring() demo_num_cpus`,
    `label_replace(demo_num_cpus, "size", "$1", "instance", "(demo-.).*") + on(size) label_replace(demo_is_holiday, "size", "$1", "instance", "(demo-.).*")`,
  ]
}

function overRanges(): Question[] {
  const simple = ['sum', 'avg', 'max', 'min', 'count', 'stddev', 'stdvar', 'last', 'present', 'absent']
  const growth = ['rate', 'increase', 'irate', 'delta', 'idelta', 'deriv', 'changes', 'resets']
  return [
    ...plain(RANGES.flatMap((range) => simple.map((op) => `${op}_over_time(${MEMORY}[${range}])`))),
    ...plain(RANGES.flatMap((range) => growth.map((func) => `${func}(${CPU}[${range}])`))),
    ...plain(simple.map((op) => `${op}_over_time(demo_odd_value[5m])`)),
    ...plain(simple.map((op) => `${op}_over_time(demo_intermittent_metric[2m])`)),
    ...plain(growth.map((func) => `${func}(demo_intermittent_metric[3m])`)),
    ...plain(growth.map((func) => `sum by (instance) (${func}(${CPU}[5m]))`)),
    ...plain(RANGES.flatMap((range) => QUANTILES.map((q) => `quantile_over_time(${q}, ${MEMORY}[${range}])`))),
    ...plain(RANGES.map((range) => `predict_linear(${DISK}[${range}], 600)`)),
    ...plain(['predict_linear(demo_items_shipped_total[5m], -60)', 'deriv(demo_disk_usage_bytes[5m])']),
    ...RANGES.flatMap((range) =>
      ['0.1, 0.1', '0.5, 0.1', '0.8, 0.9'].map((factors): Question => {
        const call = `(${DISK}[${range}], ${factors})`
        return { query: `double_exponential_smoothing${call}`, inVersion2: `holt_winters${call}` }
      }),
    ),
  ]
}

function histograms(): string[] {
  return [
    ...QUANTILES.map((q) => `histogram_quantile(${q}, rate(${BUCKET}[1m]))`),
    ...QUANTILES.map((q) => `histogram_quantile(${q}, sum by (le, method) (rate(${BUCKET}[5m])))`),
    `histogram_quantile(0.9, ${BUCKET})`,
    `histogram_quantile(0.9, nonexistent_metric_name)`,
    `histogram_quantile(0.9, ${BUCKET}{le!="+Inf"})`,
    `histogram_quantile(scalar(demo_num_cpus{instance="demo-a.example:8080"}) / 4, ${BUCKET})`,
  ]
}

function labelFunctions(): string[] {
  return [
    'label_replace(demo_num_cpus, "job", "$1-changed", "instance", "(.*):.*")',
    'label_replace(demo_num_cpus, "job", "$1", "instance", "nothing(.*)")',
    'label_replace(demo_num_cpus, "job", "", "job", ".*")',
    'label_replace(demo_num_cpus, "new", "$2_$1", "instance", "(demo)-(.).*")',
    'label_replace(demo_num_cpus, "new", "x", "nonexistent", "")',
    'label_join(demo_num_cpus, "new", "-", "instance", "job")',
    'label_join(demo_num_cpus, "job", "-", "instance")',
    'label_join(demo_num_cpus, "new", "-", "nonexistent")',
    'absent(demo_num_cpus)',
    'absent(nonexistent_metric_name)',
    'absent(nonexistent_metric_name{job="x",instance!="y"})',
    'absent(sum(nonexistent_metric_name))',
    'absent_over_time(nonexistent_metric_name{job="x"}[5m])',
    'absent(demo_intermittent_metric{instance=~".*a.*"})',
    'vector(1.5)',
    'vector(time())',
    'scalar(demo_num_cpus{instance="demo-b.example:8080"})',
    'scalar(demo_num_cpus)',
  ]
}

function mathematics(): string[] {
  const functions = ['abs', 'ceil', 'floor', 'exp', 'sqrt', 'ln', 'log2', 'log10', 'round', 'sgn', 'deg', 'rad']
  const trigonometric = ['sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh']
  return [
    ...functions.flatMap((func) => [`${func}(${MEMORY})`, `${func}(-${MEMORY})`, `${func}(demo_odd_value)`]),
    ...trigonometric.flatMap((func) => [`${func}(${DISK} / 1e11)`, `${func}(demo_odd_value)`]),
    `round(${MEMORY}, 1000)`,
    `round(${MEMORY} / 7, 0.3)`,
    `clamp(${MEMORY}, 1e8, 1.5e8)`,
    `clamp(${MEMORY}, 2, 1)`,
    `clamp_min(${MEMORY}, 1.5e8)`,
    `clamp_max(${MEMORY}, 1.5e8)`,
    'clamp_min(demo_odd_value, NaN)',
  ]
}

function times(): string[] {
  const parts = ['minute', 'hour', 'day_of_week', 'day_of_month', 'days_in_month', 'month', 'year', 'day_of_year']
  return [
    'time()',
    ...parts.flatMap((part) => [`${part}()`, `${part}(demo_batch_last_success_timestamp_seconds)`]),
    ...parts.map((part) => `${part}(demo_batch_last_success_timestamp_seconds * 1.37 - 1e9)`),
    'timestamp(demo_num_cpus)',
    `timestamp(${MEMORY}{type="used"} offset 1m)`,
    'timestamp(timestamp(demo_num_cpus))',
    'timestamp(demo_num_cpus * 1)',
    'time() - timestamp(demo_intermittent_metric)',
    'time() - demo_batch_last_success_timestamp_seconds',
  ]
}

function subqueries(): string[] {
  return [
    'max_over_time((time() - max(demo_batch_last_success_timestamp_seconds) < 1000)[5m:10s])',
    `avg_over_time(rate(${CPU}[1m])[2m:10s])`,
    `max_over_time(sum by (instance) (rate(${CPU}[1m]))[5m:30s])`,
    'sum_over_time(demo_num_cpus[5m:1m])',
    'count_over_time(demo_intermittent_metric[10m:15s])',
    'quantile_over_time(0.9, rate(demo_items_shipped_total[1m])[10m:20s])',
    `rate(${DISK}[5m:20s])`,
    `delta(sum(${MEMORY})[4m:30s] offset 1m)`,
    `last_over_time(${MEMORY}{type="used"}[3m:50s])`,
    'sum_over_time(count_over_time(demo_is_holiday[1m])[3m:20s])',
    `min_over_time(avg_over_time(${MEMORY}[1m])[5m:] offset 30s)`,
  ]
}
