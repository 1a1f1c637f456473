import { describe, expect, test } from 'vitest'
import type { LabelSet } from '../../promql/labels.js'
import { compile } from './compile.js'
import { describe as describeRule } from './describe.js'
import { type Known, NOTHING_KNOWN } from './known.js'
import { parseSentence } from './sentence.js'

const MINUTE = 60_000

function compiled(sentence: string, known: Known = NOTHING_KNOWN) {
  return compile({ name: 'r', ...parseSentence(sentence) }, known)
}

/** The PromQL of a sentence. */
const promql = (sentence: string, known?: Known) => compiled(sentence, known).text
const told = (sentence: string, known?: Known) => compiled(sentence, known).notes.join('\n')

/** Label sets that queries give, as `query: [{…}]`. */
function giving(results: Record<string, Record<string, string>[]>, value = 5): Known {
  return {
    metric: () => undefined,
    results: (query) =>
      results[query]?.map((labels) => ({ labels: Object.entries(labels).sort() as unknown as LabelSet, value })),
  }
}

describe('a threshold', () => {
  test('with FOR', () => {
    expect(compiled('api_error_rate > 5 FOR 5 minutes')).toMatchObject({
      text: 'api_error_rate > 5',
      forMs: 5 * MINUTE,
      keepFiringMs: 0,
      notes: [],
    })
    expect(compiled('up == 0 FOR 1h 30m KEEP FIRING FOR 2m')).toMatchObject({
      forMs: 90 * MINUTE,
      keepFiringMs: 2 * MINUTE,
    })
  })

  test.each([
    ['of a query', 'sum by (job) (rate(errors[5m])) > 10', 'sum by (job) (rate(errors[5m])) > 10'],
    ['of arithmetic', 'a + b >= 3', 'a + b >= 3'],
    ['of a comparison', '(a > 2) < 3', '(a > 2) < 3'],
    ['of a query with > in its labels', 'a{x=">"} > 3', 'a{x=">"} > 3'],
    ['of which both sides are queries', 'a > b * 2', 'a > b * 2'],
  ])('%s', (_, sentence, expected) => {
    expect(promql(sentence)).toBe(expected)
  })

  test.each([
    ['the name tells seconds', 'latency_seconds > 500ms', 'latency_seconds > 0.5'],
    ['the name tells milliseconds', 'latency_ms > 2s', 'latency_ms > 2000'],
    ['the name tells a ratio', 'error_ratio > 7%', 'error_ratio > 0.07'],
    ['the name tells percent', 'cpu_percent > 80%', 'cpu_percent > 80'],
    [
      'a quotient is a ratio',
      'rate(errors_total[5m]) / rate(requests_total[5m]) > 5%',
      'rate(errors_total[5m]) / rate(requests_total[5m]) > 0.05',
    ],
    ['100 times a ratio is percent', '100 * (a / b) > 5%', '100 * (a / b) > 5'],
    ['seconds a second are a ratio', 'rate(cpu_seconds_total[1m]) > 90%', 'rate(cpu_seconds_total[1m]) > 0.9'],
    [
      'a quantile of a histogram',
      'histogram_quantile(0.99, rate(t_seconds_bucket[5m])) > 500ms',
      'histogram_quantile(0.99, rate(t_seconds_bucket[5m])) > 0.5',
    ],
    ['bytes', 'mem_used > 2GB', 'mem_used > 2000000000'],
    ['binary bytes', 'mem_bytes > 1 KiB', 'mem_bytes > 1024'],
    ['thousands', 'queue_length > 10k', 'queue_length > 10000'],
  ])('in another unit than its metric: %s', (_, sentence, expected) => {
    expect(promql(sentence)).toBe(expected)
  })

  test('is told what became of its unit', () => {
    expect(told('latency_seconds > 500ms')).toContain('500ms is 0.5, for latency_seconds is in seconds')
    expect(told('api_error_rate > 5%')).toContain('taken as the number 5, for nothing says what api_error_rate is in')
    expect(told('api_error_rate > 5%', giving({ api_error_rate: [{}] }, 0.2))).toContain(
      'lie between 0 and 1 right now',
    )
  })

  test('goes by what the sender said of the metric before its name', () => {
    const known: Known = { ...NOTHING_KNOWN, metric: () => ({ type: 'gauge', unit: '1' }) }
    expect(promql('api_error_rate > 5%', known)).toBe('api_error_rate > 0.05')
  })

  test('goes by metric_unit before anything else', () => {
    const rule = {
      name: 'r',
      metric_query: 'x_seconds',
      condition: { operator: '>', threshold: '5ms', metric_unit: 'ms' } as const,
    }
    expect(compile(rule, NOTHING_KNOWN).text).toBe('x_seconds > 5')
  })

  test('in a unit of another kind is refused', () => {
    expect(() => promql('latency_seconds > 5%')).toThrow(
      '5% cannot be compared with latency_seconds, which is in seconds',
    )
  })
})

describe('a rate of change', () => {
  test('by a percentage is against what it was then', () => {
    expect(promql('cpu_usage increases > 30% in 10 minutes')).toBe(
      '100 * (cpu_usage - cpu_usage offset 10m) / abs(cpu_usage offset 10m) > 30',
    )
    expect(promql('sum(rate(x[5m])) decreases by 50% within 1h')).toBe(
      '100 * (sum(rate(x[5m])) - sum(rate(x[5m] offset 1h))) / abs(sum(rate(x[5m] offset 1h))) < -50',
    )
  })

  test('by an amount is a difference', () => {
    expect(promql('queue changes by more than 100 in 5m')).toBe('abs(queue - queue offset 5m) > 100')
    expect(promql('disk_used_bytes increases > 1GB in 1h')).toBe(
      'disk_used_bytes - disk_used_bytes offset 1h > 1000000000',
    )
    expect(promql('cpu_percent increases > 20 points in 5m')).toBe('cpu_percent - cpu_percent offset 5m > 20')
  })

  test('of a counter counts resets, and a percentage of one is refused with what to write', () => {
    expect(promql('errors_total increases > 10 in 5m')).toBe('increase(errors_total[5m]) > 10')
    expect(() => promql('errors_total increases > 10% in 5m')).toThrow(
      'write `rate(errors_total[5m]) increases > 10% in 5m`',
    )
  })
})

describe('an anomaly', () => {
  test('is judged by its score, and by the side of the band', () => {
    expect(promql('api_latency{service="a"} is anomalous')).toBe(
      'max_over_time(anomaly_score{metric="api_latency",service="a"}[5m]) >= 0.5',
    )
    expect(promql('api_latency is anomalous above with high sensitivity')).toBe(
      'max_over_time(anomaly_score{metric="api_latency"}[5m]) >= 0.35 and ignoring (metric) (api_latency > ignoring (metric) anomaly_upper{metric="api_latency"})',
    )
    expect(promql('x is anomalous below with sensitivity 0.5')).toContain(
      'x < ignoring (metric) anomaly_lower{metric="x"}',
    )
  })

  test('of a query that is no single metric is refused', () => {
    expect(() => promql('rate(x[5m]) is anomalous')).toThrow('write a name and labels alone')
  })
})

describe('absence', () => {
  test('of everything, or of each series', () => {
    expect(compiled('heartbeat{job="x"} is absent FOR 5 minutes')).toMatchObject({
      text: 'absent_over_time(heartbeat{job="x"}[5m])',
      forMs: 0,
    })
    expect(promql('each cpu_usage is absent FOR 2m')).toBe(
      'last_over_time(cpu_usage[1d]) unless last_over_time(cpu_usage[2m])',
    )
    expect(promql('sum(x) is absent')).toBe('absent_over_time(sum(x)[5m:])')
  })
})

describe('a composite condition', () => {
  const services = { error_rate: [{ service: 'a', host: 'h1' }], latency_p99: [{ service: 'a' }] }

  test('matches series by the labels that both sides have, and says so', () => {
    const sentence = 'error_rate > 3 AND latency_p99 > 500'
    expect(promql(sentence, giving(services))).toBe('error_rate > 3 and on (service) latency_p99 > 500')
    expect(told(sentence, giving(services))).toContain('by service, which both conditions have')
    expect(promql(sentence)).toBe('error_rate > 3 and latency_p99 > 500')
  })

  test('leaves out labels whose values never meet', () => {
    const known = giving({ a: [{ job: 'x', instance: 'h:80' }], b: [{ job: 'x', instance: 'h:90' }] })
    expect(promql('a > 1 AND b > 2', known)).toBe('a > 1 and on (job) b > 2')
  })

  test('needs nothing where label sets are alike, and matches everything where nothing is shared', () => {
    expect(promql('a > 1 AND b > 2', giving({ a: [{ x: '1' }], b: [{ x: '1' }] }))).toBe('a > 1 and b > 2')
    expect(promql('a > 1 AND b > 2', giving({ a: [{ x: '1' }], b: [{}] }))).toBe('a > 1 and on () b > 2')
  })

  test('takes PER', () => {
    expect(promql('a > 1 OR b > 2 PER service, region FOR 1m')).toBe('a > 1 or on (service, region) b > 2')
  })

  test('nests to any depth', () => {
    expect(promql('(a > 1 OR b > 2) AND c > 3')).toBe('(a > 1 or b > 2) and c > 3')
    expect(promql('a > 1 OR b > 2 AND (c > 3 OR (d > 4 AND e > 5))')).toBe(
      'a > 1 or (b > 2 and (c > 3 or (d > 4 and e > 5)))',
    )
  })

  test('NOT takes away, or turns a comparison round where there is nothing to take away from', () => {
    expect(promql('a > 1 AND NOT b > 2')).toBe('a > 1 unless b > 2')
    expect(promql('NOT a > 1')).toBe('a <= 1')
    expect(promql('NOT (a > 1 AND b > 2)')).toBe('a <= 1 or b <= 2')
    expect(promql('c > 0 AND NOT (a > 1 OR b > 2)')).toBe('c > 0 unless (a > 1 or b > 2)')
    expect(() => promql('NOT x is anomalous')).toThrow('alone names no series')
  })

  test('may have parts of any kind', () => {
    const known = giving({ error_rate: [{ service: 'a', host: 'h' }] })
    expect(promql('error_rate > 3 AND deploys{service="a"} is absent', known)).toBe(
      'error_rate > 3 and on (service) absent_over_time(deploys{service="a"}[5m])',
    )
  })

  test('in the words of PromQL is PromQL', () => {
    expect(promql('a > 1 and on (job) b > 2')).toBe('a > 1 and on (job) b > 2')
    expect(promql('a unless b')).toBe('a unless b')
  })
})

test('queries that give nothing right now are named', () => {
  expect(compiled('a > 1 AND b > 2', giving({ a: [{}], b: [] })).silent).toEqual(['b'])
})

test.each([
  'api_error_rate > 5% FOR 5 minutes',
  'cpu_usage increases > 30% in 10 minutes',
  'each up{job="x"} is absent FOR 5m',
  'x is anomalous below with high sensitivity',
  'x is anomalous with sensitivity 0.5 FOR 1m KEEP FIRING FOR 2m',
  'NOT (a > 1 AND b < 2) PER job',
  'a > 1 OR (b > 2 AND NOT c > 3)',
])('the sentence "%s" is told as it was written', (sentence) => {
  const parsed = parseSentence(sentence)
  expect(parseSentence(describeRule(parsed)).condition).toEqual(parsed.condition)
})

test.each([
  ['x > 5 FOR ages', '"ages" after FOR is no span of time'],
  ['x increases a lot', 'write such as `increases > 30% in 10 minutes`'],
  ['> 5', 'nothing stands before ">"'],
  ['', 'it names no condition'],
  ['a > 1 AND', 'something is missing beside AND'],
])('"%s" is refused with what to write', (sentence, reason) => {
  expect(() => parseSentence(sentence)).toThrow(reason)
})

test('what is no PromQL is refused with the reason', () => {
  expect(() => promql('rate(x > 5')).toThrow('cannot be compiled')
})
