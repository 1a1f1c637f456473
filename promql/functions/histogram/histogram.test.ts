import { expect, test } from 'vitest'
import type { Call } from '../../ast.js'
import type { Evaluated, StepSeries } from '../../evaluate/values.js'
import { parseHistogramText as read } from '../../histogram/index.js'
import { contextOf, type Sample, series, table } from '../../testing/vectors.js'
import { HISTOGRAM_FUNCTIONS } from './index.js'

const STEPS = 2

test('classic buckets of one metric and label set give one quantile', async () => {
  const { result } = await call('histogram_quantile', 0.5, [
    ...buckets({ host: 'a' }, { '0.1': [1, 2], '1': [3, 4], '+Inf': [4, 4] }),
    ...buckets({ host: 'b' }, { '-1': [2, 0], '2': [2, 4], Inf: [2, 5] }),
  ])
  expect(result).toEqual({
    '{__name__="m_bucket", host="a"}': [0.1 + 0.9 * 0.5, 0.1],
    '{__name__="m_bucket", host="b"}': [-1, -1 + 3 * 0.625],
  })
})

test('the name goes at the end of the evaluation', async () => {
  const { all } = await call('histogram_quantile', 0.5, buckets({}, { '1': [1, 1], '+Inf': [1, 1] }))
  expect(all.map(({ dropName }) => dropName)).toEqual([true])
})

test('there is no classic quantile without a bucket up to +Inf, another one, and observations', async () => {
  const { result } = await call('histogram_quantile', 0.5, [
    ...buckets({ why: 'no +Inf' }, { '1': [1, 1], '2': [2, 2] }),
    ...buckets({ why: 'no other' }, { '+Inf': [2, 2] }),
    ...buckets({ why: 'nothing seen' }, { '1': [0, 0], '+Inf': [0, 0] }),
  ])
  expect(Object.values(result)).toEqual(Array(3).fill([Number.NaN, Number.NaN]))
})

test('the highest and the lowest classic bucket give their finite bound', async () => {
  const { result } = await call('histogram_quantile', 0.9, buckets({}, { '-2': [9, 1], '5': [9, 1], '+Inf': [9, 9] }))
  expect(Object.values(result)).toEqual([[-2, 5]])
})

test('a quantile outside of 0 to 1 is infinite, and warned of', async () => {
  const { result, warnings } = await call('histogram_quantile', 1.5, buckets({}, { '1': [1, 1], '+Inf': [1, 1] }))
  expect(Object.values(result)).toEqual([[Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]])
  expect(warnings).toEqual(['quantile value should be between 0 and 1, got 1.5'])
})

test('counts that fall are raised and told of, those that fall by rounding are only raised', async () => {
  const { result, infos } = await call('histogram_quantile', 0.5, [
    ...buckets({ host: 'a' }, { '1': [4, 4], '2': [3, 4], '4': [8, 1], '+Inf': [8, 8] }),
    ...buckets({ host: 'b' }, { '1': [4, 4], '2': [4 - 1e-14, 4], '+Inf': [8, 8] }),
  ])
  expect(result['{__name__="m_bucket", host="a"}']).toEqual([1, 1])
  expect(infos).toEqual([
    'input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile) for metric name "m_bucket", from buckets 2 to 4, with a max diff of 3, over 2 samples from 1970-01-01T00:00:00Z to 1970-01-01T00:01:00Z',
  ])
})

test('a float without a number in le is left out and warned of', async () => {
  const { result, warnings } = await call('histogram_quantile', 0.5, [
    series({ __name__: 'm', le: 'much' }, [1, 1]),
    series({ __name__: 'm' }, [1, 1]),
  ])
  expect(result).toEqual({})
  expect(warnings).toEqual([
    'bucket label "le" is missing or has a malformed value of "much" for metric name "m"',
    'bucket label "le" is missing or has a malformed value of "" for metric name "m"',
  ])
})

test('native and classic at the same step give nothing but a warning, at different steps one series', async () => {
  const { result, warnings } = await call('histogram_quantile', 0.5, [
    series({ __name__: 'm', le: '1' }, [undefined, 1]),
    series({ __name__: 'm' }, [read('{{count:4 buckets:[0 4]}}'), read('{{count:4 buckets:[4]}}')]),
    series({ __name__: 'n', le: '1' }, [undefined, 2]),
    series({ __name__: 'n', le: '+Inf' }, [undefined, 2]),
    series({ __name__: 'n' }, [read('{{schema:-53 count:4 custom_values:[2] buckets:[4]}}'), undefined]),
  ])
  expect(result).toEqual({ '{__name__="m"}': [Math.SQRT2, undefined], '{__name__="n"}': [1, 0.5] })
  expect(warnings).toEqual(['vector contains a mix of classic and native histograms for metric name "m"'])
})

test('histogram_quantiles tells its series apart by the label', async () => {
  const vector = [series({ __name__: 'm' }, [read('{{count:4 buckets:[0 4]}}'), undefined])]
  const { result } = await call('histogram_quantiles', vector, 'q', 0.5, 1)
  expect(result).toEqual({
    '{__name__="m", q="0.5"}': [Math.SQRT2, undefined],
    '{__name__="m", q="1.0"}': [2, undefined],
  })
  await expect(call('histogram_quantiles', vector, 'q', 0.5, 0.5)).rejects.toThrow('same labelset')
})

test('histogram_fraction of classic and native histograms', async () => {
  const { result } = await call('histogram_fraction', 0, 3, [
    ...buckets({}, { '2': [2, 0], '4': [6, 0], '+Inf': [8, 0] }),
    ...buckets({ from: 'below' }, { '-1': [1, 1], '1': [3, 3], '+Inf': [4, 4] }),
    series({ __name__: 'n' }, [read('{{count:4 buckets:[2 2]}}'), undefined]),
  ])
  expect(result).toEqual({
    '{__name__="m_bucket"}': [0.5, Number.NaN],
    '{__name__="m_bucket", from="below"}': [0.25, 0.25],
    '{__name__="n"}': [1, undefined],
  })
})

test('a fraction leaves NaN observations out, and says so', async () => {
  const vector = [series({ __name__: 'n' }, [read('{{count:4 sum:NaN buckets:[2]}}'), undefined])]
  const { result, infos } = await call('histogram_fraction', 0, 3, vector)
  expect(Object.values(result)).toEqual([[0.5, undefined]])
  expect(infos).toEqual([
    'input to histogram_fraction has NaN observations, which are excluded from all fractions for metric name "n"',
  ])
})

test.each([
  ['histogram_count', 4],
  ['histogram_sum', 10],
  ['histogram_avg', 2.5],
  ['histogram_stdvar', 6.25],
  ['histogram_stddev', Math.sqrt(6.25)],
])('%s is taken of native histograms alone', async (name, expected) => {
  const histogram = read('{{schema:-53 count:4 sum:10 custom_values:[2 6] buckets:[0 4]}}')
  const variance = read('{{schema:-53 count:4 sum:10 custom_values:[-1 1 9] buckets:[0 2 2]}}')
  const one = name.startsWith('histogram_std') ? variance : histogram
  const { result } = await call(name, [series({ __name__: 'm' }, [one, 7]), series({ __name__: 'floats' }, [1, 2])])
  expect(result).toEqual({ '{__name__="m"}': [expected, undefined] })
})

function buckets(labels: Record<string, string>, counts: Record<string, Sample[]>): StepSeries[] {
  return Object.entries(counts).map(([le, samples]) => series({ __name__: 'm_bucket', le, ...labels }, samples))
}

async function call(name: string, ...args: (number | string | StepSeries[])[]) {
  const span = { from: 0, to: 0 }
  const expr: Call = { type: 'call', func: name, args: args.map(() => ({ type: 'string', value: '', span })), span }
  const context = contextOf(STEPS)
  const result = await HISTOGRAM_FUNCTIONS[name]({ expr, args: args.map(evaluated), context })
  if (result.type !== 'vector') throw new Error('histogram functions give vectors')
  const texts = (annotations: string[]) => annotations.map((text) => text.replace(/^\S+ \w+: | \(1:1\)$/g, ''))
  return {
    all: result.series,
    result: table(result.series),
    warnings: texts(context.annotations.warnings('')),
    infos: texts(context.annotations.infos('')),
  }
}

function evaluated(argument: number | string | StepSeries[]): Evaluated {
  if (typeof argument === 'number') return { type: 'scalar', value: new Float64Array(STEPS).fill(argument) }
  if (typeof argument === 'string') return { type: 'string', value: argument }
  return { type: 'vector', series: argument }
}
