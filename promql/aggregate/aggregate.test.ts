import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NativeHistogram } from '../../schemas/histogram.js'
import type { Aggregate, AggregateOp } from '../ast.js'
import type { Evaluated, StepSeries } from '../evaluate/values.js'
import {
  aggregateOf,
  anyVector,
  atStep,
  contextOf,
  oneBucket,
  type Sample,
  series,
  table,
  tableAt,
} from '../testing/vectors.js'
import { aggregateSeries } from './aggregate.js'

const STEPS = 4
const scalar = (...value: number[]): Evaluated => ({ type: 'scalar', value: Float64Array.from(value) })

async function aggregate(
  expr: Aggregate,
  operand: readonly StepSeries[],
  param?: Evaluated,
  context = contextOf(STEPS),
) {
  return aggregateSeries(expr, operand, param, context)
}

/** One aggregation of the floats (or histograms) of one step. */
async function over(op: AggregateOp, samples: readonly Sample[], param?: Evaluated, context = contextOf(1)) {
  const operand = samples.map((sample, i) => series({ i: String(i) }, [sample]))
  const [result] = await aggregateSeries(aggregateOf(op), operand, param, context)
  return result && Object.values(table([result]))[0][0]
}

const histogram = (count: number, hint: NativeHistogram['counterReset'] = 'unknown') => oneBucket(count, hint)

describe('groups', () => {
  const operand = [
    series({ __name__: 'm', job: 'a', host: '1' }, [1]),
    series({ __name__: 'm', job: 'a', host: '2' }, [2]),
    series({ __name__: 'm', job: 'b' }, [4], true),
  ]
  const sumBy = async (by: Partial<Aggregate>) =>
    table(await aggregateSeries(aggregateOf('sum', by), operand, undefined, contextOf(1)))

  test('by, without and neither', async () => {
    expect(await sumBy({ labels: ['job'] })).toEqual({ '{job="a"}': [3], '{job="b"}': [4] })
    expect(await sumBy({ labels: ['host'], without: true })).toEqual({ '{job="a"}': [3], '{job="b"}': [4] })
    expect(await sumBy({ labels: ['host', 'nowhere'] })).toEqual({ '{host="1"}': [1], '{host="2"}': [2], '{}': [4] })
    expect(await sumBy({})).toEqual({ '{}': [7] })
  })

  test('by the name keep it, and lose it at the end if one of them does', async () => {
    const [named] = await aggregateSeries(
      aggregateOf('sum', { labels: ['__name__'] }),
      operand,
      undefined,
      contextOf(1),
    )
    expect(named.labels).toEqual([['__name__', 'm']])
    expect(named.dropName).toBe(true)
  })
})

describe('floats', () => {
  test.each<[AggregateOp, number[], number]>([
    ['sum', [2, 8, 1e100, -1e100], 10],
    ['sum', [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], Number.NaN],
    ['sum', [2, Number.POSITIVE_INFINITY], Number.POSITIVE_INFINITY],
    ['avg', [2, 8, 1e100, -1e100], 2.5],
    ['avg', [1.7e308, 1.7e308, 1.7e308], 1.7e308],
    ['avg', [Number.POSITIVE_INFINITY, 1], Number.POSITIVE_INFINITY],
    ['avg', [1, Number.NaN], Number.NaN],
    ['count', [Number.NaN, 1], 2],
    ['group', [7, 8], 1],
    ['min', [Number.NaN, 3, 2], 2],
    ['max', [3, Number.NaN, 4], 4],
    ['max', [Number.NaN], Number.NaN],
    ['max', [Number.NEGATIVE_INFINITY], Number.NEGATIVE_INFINITY],
    ['stdvar', [1, 2, 3, 4], 1.25],
    ['stddev', [1.33, 1.33, 1.33], 0],
    ['stddev', [Number.POSITIVE_INFINITY], Number.NaN],
  ])('%s of %j is %d', async (op, samples, expected) => {
    expect(await over(op, samples)).toBe(expected)
  })

  test('quantiles interpolate; NaN is the smallest value; a bad quantile is infinite and warned of', async () => {
    expect(await over('quantile', [4, 0, 1], scalar(0.8))).toBeCloseTo(2.8)
    expect(await over('quantile', [0, 1, Number.NaN], scalar(0.8))).toBeCloseTo(0.6)
    expect(await over('quantile', [0, 1, Number.NaN], scalar(0.2))).toBeNaN()
    const context = contextOf(1)
    expect(await over('quantile', [1], scalar(2), context)).toBe(Number.POSITIVE_INFINITY)
    expect(context.annotations.warnings('')).toEqual([
      'PromQL warning: quantile value should be between 0 and 1, got 2 (1:1)',
    ])
  })

  test('count_values writes values without exponents', async () => {
    const operand = [1e21, 1e21, 1.5e-7, Number.NaN].map((value, i) => series({ i: String(i) }, [value]))
    const counted = await aggregateSeries(
      aggregateOf('count_values'),
      operand,
      { type: 'string', value: 'v' },
      contextOf(1),
    )
    expect(table(counted)).toEqual({
      '{v="1000000000000000000000"}': [2],
      '{v="0.00000015"}': [1],
      '{v="NaN"}': [1],
    })
    const invalid = aggregateSeries(
      aggregateOf('count_values'),
      [],
      { type: 'string', value: 'a\udcc5z' },
      contextOf(1),
    )
    await expect(invalid).rejects.toThrow('invalid label name "a\\xc5z"')
  })
})

describe('series let through', () => {
  const operand = [3, Number.NaN, 5, 4].map((value, i) => series({ i: String(i) }, [value]))
  const select = async (op: AggregateOp, k: number) =>
    (await aggregateSeries(aggregateOf(op), operand, scalar(k), contextOf(1))).map(({ value }) => value[0])

  test('topk and bottomk at one step come in order, NaN last', async () => {
    expect(await select('topk', 2.9)).toEqual([5, 4])
    expect(await select('topk', 99)).toEqual([5, 4, 3, Number.NaN])
    expect(await select('bottomk', 4)).toEqual([3, 4, 5, Number.NaN])
    expect(await select('topk', -1)).toEqual([])
  })

  test('k may differ from step to step', async () => {
    const many = [series({ i: '0' }, [1, 1, 1]), series({ i: '1' }, [2, 0, 2])]
    const top = await aggregateSeries(aggregateOf('topk'), many, scalar(0, 1, 2), contextOf(3))
    expect(table(top)).toEqual({ '{i="0"}': [undefined, 1, 1], '{i="1"}': [undefined, undefined, 2] })
  })

  test('limitk takes the first; limit_ratio and its complement take each once', async () => {
    expect(await select('limitk', 2)).toEqual([3, Number.NaN])
    for (const ratio of [0.2, 0.5, 0.9]) {
      const both = [...(await select('limit_ratio', ratio)), ...(await select('limit_ratio', ratio - 1))]
      expect(both.sort()).toEqual([3, 4, 5, Number.NaN])
    }
  })

  test('parameters that are none are refused as Prometheus does', async () => {
    await expect(select('topk', Number.NaN)).rejects.toThrow('Parameter value is NaN')
    await expect(select('limit_ratio', Number.NaN)).rejects.toThrow('Ratio value is NaN')
    await expect(select('limitk', 1e30)).rejects.toThrow('Scalar value 1e+30 overflows int64')
  })
})

describe('native histograms', () => {
  test('are summed and averaged; known resets and known others together are warned of', async () => {
    const context = contextOf(1)
    expect(await over('sum', [histogram(3, 'reset'), histogram(5, 'notReset')], undefined, context)).toMatchObject({
      count: 8,
    })
    expect(await over('avg', [histogram(3), histogram(5)])).toMatchObject({ count: 4 })
    expect(context.annotations.warnings('')).toEqual([
      'PromQL warning: conflicting counter resets during histogram aggregation (1:1)',
    ])
  })

  test('do not mix with floats in a sum, and are ignored where there is an order', async () => {
    const context = contextOf(1)
    expect(await over('sum', [1, histogram(1)], undefined, context)).toBeUndefined()
    expect(await over('count', [1, histogram(1)])).toBe(2)
    expect(await over('max', [1, histogram(1)], undefined, context)).toBe(1)
    expect(context.annotations.warnings('')).toEqual([
      'PromQL warning: encountered a mix of histograms and floats for aggregation (1:1)',
    ])
    expect(context.annotations.infos('')).toEqual(['PromQL info: ignored histogram in max aggregation (1:1)'])
  })
})

describe('laws', () => {
  const everyOp: [AggregateOp, Evaluated?][] = [
    ['sum'],
    ['avg'],
    ['count'],
    ['min'],
    ['max'],
    ['group'],
    ['stddev'],
    ['stdvar'],
    ['quantile', scalar(0.3, 0.5, 0.7, 1)],
    ['topk', scalar(1, 2, 3, 0)],
    ['bottomk', scalar(2, 2, 2, 2)],
    ['limitk', scalar(3, 1, 2, 1)],
    ['limit_ratio', scalar(0.5, -0.5, 1, 0)],
    ['count_values', { type: 'string', value: 'v' }],
  ]

  test('by all labels, sum, avg, min and max change nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyVector('m', STEPS),
        fc.constantFrom<AggregateOp>('sum', 'avg', 'min', 'max'),
        async (operand, op) => {
          const same = await aggregate(aggregateOf(op, { labels: ['__name__', 'a', 'b'] }), operand)
          expect(table(same)).toEqual(table(operand.filter((one) => !one.isEmpty())))
        },
      ),
    )
  })

  test('the sum of sums by any label is the sum', async () => {
    await fc.assert(
      fc.asyncProperty(anyVector('m', STEPS), fc.subarray(['a', 'b', '__name__']), async (operand, labels) => {
        const parts = await aggregate(aggregateOf('sum', { labels }), operand)
        expect(table(await aggregate(aggregateOf('sum'), parts))).toEqual(
          table(await aggregate(aggregateOf('sum'), operand)),
        )
      }),
    )
  })

  test('what many steps say at one of them, that step says alone', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyVector('m', STEPS),
        fc.constantFrom(...everyOp),
        fc.boolean(),
        async (operand, [op, param], without) => {
          const expr = aggregateOf(op, { labels: ['a'], without })
          const many = await aggregate(expr, operand, param)
          for (let step = 0; step < STEPS; step++) {
            const alone = param?.type === 'scalar' ? scalar(param.value[step]) : param
            const one = await aggregateSeries(expr, atStep(operand, step), alone, contextOf(1))
            expect(tableAt(one, 0)).toEqual(tableAt(many, step))
          }
        },
      ),
    )
  })
})
