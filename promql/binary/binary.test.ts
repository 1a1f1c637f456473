import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Binary, BinaryOp, VectorMatching } from '../ast.js'
import type { Evaluated, StepSeries } from '../evaluate/values.js'
import {
  anyVector,
  atStep,
  binaryOf,
  contextOf,
  oneBucket,
  type Sample,
  series,
  table,
  tableAt,
} from '../testing/vectors.js'
import { evaluateBinary, evaluateUnary } from './binary.js'

const STEPS = 3
const scalar = (...value: number[]): Evaluated => ({ type: 'scalar', value: Float64Array.from(value) })
const vector = (...all: StepSeries[]): Evaluated => ({ type: 'vector', series: all })

async function evaluate(expr: Binary, left: Evaluated, right: Evaluated, context = contextOf(STEPS)) {
  const result = await evaluateBinary(expr, left, right, context)
  if (result.type !== 'vector') throw new Error('not a vector')
  return result.series
}

const combine = async (op: BinaryOp, left: StepSeries[], right: StepSeries[], matching?: Partial<VectorMatching>) =>
  table(await evaluate(binaryOf(op, matching), vector(...left), vector(...right)))

describe('between scalars', () => {
  test.each<[BinaryOp, number, number, number]>([
    ['%', -5, 3, -2],
    ['%', 5, 0, Number.NaN],
    ['^', 2, 0.5, Math.SQRT2],
    ['^', 1, Number.NaN, 1],
    ['^', -1, Number.NEGATIVE_INFINITY, 1],
    ['/', 1, 0, Number.POSITIVE_INFINITY],
    ['atan2', 1, 1, Math.PI / 4],
    ['>=', 1, Number.NaN, 0],
    ['!=', Number.NaN, Number.NaN, 1],
  ])('%s of %d and %d is %d', async (op, left, right, expected) => {
    expect(await evaluateBinary(binaryOf(op), scalar(left), scalar(right), contextOf(1))).toEqual(scalar(expected))
  })
})

describe('between a vector and a scalar', () => {
  const up = series({ __name__: 'up', job: 'a' }, [1, 2, undefined])

  test('arithmetic is to drop the name, filtering is not and gives the value of the vector', async () => {
    const [sum] = await evaluate(binaryOf('+'), vector(up), scalar(10, 20, 30))
    expect([table([sum]), sum.dropName]).toEqual([{ '{__name__="up", job="a"}': [11, 22, undefined] }, true])
    const [big] = await evaluate(binaryOf('<'), scalar(1, 1, 1), vector(up))
    expect([table([big]), big.dropName]).toEqual([{ '{__name__="up", job="a"}': [undefined, 2, undefined] }, false])
  })

  test('bool tells instead of filtering', async () => {
    const [told] = await evaluate(binaryOf('>', {}, true), vector(up), scalar(1, 1, 1))
    expect([table([told]), told.dropName]).toEqual([{ '{__name__="up", job="a"}': [0, 1, undefined] }, true])
  })
})

describe('between vectors', () => {
  const left = [
    series({ __name__: 'l', a: '1', b: 'x' }, [1, 2, 3]),
    series({ __name__: 'l', a: '2', b: 'x' }, [4, 5, 6]),
  ]
  const right = [series({ __name__: 'r', a: '1' }, [10, undefined, 30]), series({ __name__: 'r', a: '3' }, [7, 7, 7])]

  test('series match by all labels, by some, or by all but some', async () => {
    expect(await combine('+', left, right)).toEqual({})
    expect(await combine('+', left, right, { on: true, labels: ['a'] })).toEqual({ '{a="1"}': [11, undefined, 33] })
    expect(await combine('+', left, right, { labels: ['b'] })).toEqual({ '{a="1"}': [11, undefined, 33] })
    expect(await combine('<', left, right, { labels: ['b'] })).toEqual({ '{__name__="l", a="1"}': [1, undefined, 3] })
  })

  test('group_left keeps the labels of the left side and takes named ones from the right', async () => {
    const info = [series({ __name__: 'info', b: 'x', version: '7' }, [2, 2, 2])]
    const matching = { cardinality: 'many-to-one', on: true, labels: ['b'], include: ['version'] } as const
    const expected = { '{a="1", b="x", version="7"}': [2, 4, 6], '{a="2", b="x", version="7"}': [8, 10, 12] }
    expect(await combine('*', left, info, matching)).toEqual(expected)
    expect(await combine('*', info, left, { ...matching, cardinality: 'one-to-many' })).toEqual(expected)
  })

  test('fill values stand in for a side that is alone', async () => {
    const matching = { on: true, labels: ['a'] }
    expect(await combine('+', left, right, { ...matching, fill: { left: 0, right: 100 } })).toEqual({
      '{a="1"}': [11, 102, 33],
      '{a="2"}': [104, 105, 106],
      '{a="3"}': [7, 7, 7],
    })
    const limits = [series({ __name__: 'limit', b: 'y' }, [9, 9, 9])]
    const many = { on: true, labels: ['b'], cardinality: 'many-to-one', fill: { left: 0, right: 1 } } as const
    expect(await combine('*', left, limits, many)).toEqual({
      '{a="1", b="x"}': [1, 2, 3],
      '{a="2", b="x"}': [4, 5, 6],
      '{b="y"}': [0, 0, 0],
    })
  })

  test('matches that are not unique are refused at the steps where they meet, and only there', async () => {
    const same = (name: string, samples: Sample[]) => series({ __name__: name, a: '1', i: name }, samples)
    const alternating = [same('x', [1, undefined, 3]), same('y', [undefined, 2, undefined])]
    const one = [series({ __name__: 'r', a: '1' }, [1, 1, 1])]
    const onA = { on: true, labels: ['a'] }
    expect(await combine('+', alternating, one, onA)).toEqual({ '{a="1"}': [2, 3, 4] })
    expect(await combine('+', one, alternating, onA)).toEqual({ '{a="1"}': [2, 3, 4] })

    const meeting = [same('x', [1, undefined, 3]), same('y', [undefined, 2, 3])]
    await expect(combine('+', meeting, one, onA)).rejects.toThrow(
      'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
    )
    await expect(combine('+', one, meeting, onA)).rejects.toThrow(
      'found duplicate series for the match group {a="1"} on the right hand-side of the operation: ' +
        '[{__name__="y", a="1", i="y"}, {__name__="x", a="1", i="x"}]' +
        ';many-to-many matching not allowed: matching labels must be unique on one side',
    )
    const named = [series({ __name__: 'x', a: '1' }, [1, 1, 1]), series({ __name__: 'y', a: '1' }, [9, 9, 9])]
    await expect(combine('>', named, one, onA)).rejects.toThrow('many-to-one matching must be explicit')
    await expect(combine('+', named, one, { ...onA, cardinality: 'many-to-one' })).rejects.toThrow(
      'multiple matches for labels: grouping labels must ensure unique matches',
    )
  })

  test('what has no meaning between floats and histograms gives nothing, and an info', async () => {
    const context = contextOf(1)
    const h = vector(series({ __name__: 'h' }, [oneBucket(4)]))
    const f = vector(series({ __name__: 'f' }, [2]))
    expect(table(await evaluate(binaryOf('/'), h, f, context))).toMatchObject({ '{}': [{ count: 2 }] })
    expect(table(await evaluate(binaryOf('-'), h, h, context))).toMatchObject({ '{}': [{ count: 0 }] })
    expect(await evaluate(binaryOf('/'), f, h, context)).toEqual([])
    expect(await evaluate(binaryOf('>'), h, scalar(1), context)).toEqual([])
    expect(context.annotations.infos('')).toEqual([
      'PromQL info: incompatible sample types encountered for binary operator "/": float / histogram (1:1)',
      'PromQL info: incompatible sample types encountered for binary operator ">": histogram > float (1:1)',
    ])
  })
})

test('a minus sign is to drop the name, a plus sign changes nothing', async () => {
  const operand = vector(series({ __name__: 'm' }, [1, oneBucket(2)]))
  const expr = { type: 'unary', expr: binaryOf('+'), span: { from: 0, to: 0 } } as const
  const negated = await evaluateUnary({ ...expr, op: '-' }, operand, contextOf(2))
  const [one] = negated.type === 'vector' ? negated.series : []
  expect(one.dropName).toBe(true)
  expect(table([one])).toMatchObject({ '{__name__="m"}': [-1, { count: -2, counterReset: 'gauge' }] })
  expect(await evaluateUnary({ ...expr, op: '+' }, operand, contextOf(2))).toBe(operand)
})

describe('laws', () => {
  const both = [anyVector('m', STEPS), anyVector('m', STEPS)] as const

  test('(a and b) or (a unless b) is a, and the two have nothing in common', async () => {
    const matching = { on: true, labels: ['a'] }
    await fc.assert(
      fc.asyncProperty(...both, async (a, b) => {
        const inBoth = await evaluate(binaryOf('and', matching), vector(...a), vector(...b))
        const inOne = await evaluate(binaryOf('unless', matching), vector(...a), vector(...b))
        const joined = await evaluate(binaryOf('or'), vector(...inBoth), vector(...inOne))
        expect(table(joined)).toEqual(table(a.filter((one) => !one.isEmpty())))
        expect(await evaluate(binaryOf('and'), vector(...inBoth), vector(...inOne))).toEqual([])
      }),
    )
  })

  test('a + b is b + a', async () => {
    await fc.assert(
      fc.asyncProperty(...both, async (a, b) => {
        expect(await combine('+', a, b)).toEqual(await combine('+', b, a))
      }),
    )
  })

  test('what many steps say at one of them, that step says alone, errors too', async () => {
    const ops = ['+', '%', '==', '<', 'and', 'or', 'unless'] as const
    const matchings: Partial<VectorMatching>[] = [
      {},
      { on: true, labels: ['a'] },
      { labels: ['a'] },
      { on: true, labels: ['a'], cardinality: 'many-to-one', include: ['b'] },
      { on: true, labels: ['a'], cardinality: 'one-to-many' },
      { on: true, labels: ['a', 'b'], fill: { left: 1, right: 2 } },
      { on: true, labels: ['b'], cardinality: 'many-to-one', fill: { left: 3 } },
    ]
    const anyBinary = fc.tuple(fc.constantFrom(...ops), fc.constantFrom(...matchings), fc.boolean())
    await fc.assert(
      fc.asyncProperty(...both, anyBinary, async (a, b, [op, matching, bool]) => {
        const isSet = op === 'and' || op === 'or' || op === 'unless'
        const matched = isSet ? { on: matching.on, labels: matching.labels ?? [] } : matching
        const expr = binaryOf(op, matched, bool && (op === '==' || op === '<'))
        const settled = (left: StepSeries[], right: StepSeries[], steps: number) =>
          evaluate(expr, vector(...left), vector(...right), contextOf(steps)).catch((thrown: Error) => thrown.message)
        const many = await settled(a, b, STEPS)
        const alone: unknown[] = []
        for (let step = 0; step < STEPS; step++) {
          const one = await settled(atStep(a, step), atStep(b, step), 1)
          alone.push(one)
          if (typeof many !== 'string' && typeof one !== 'string') expect(tableAt(one, 0)).toEqual(tableAt(many, step))
        }
        expect(alone.some((one) => typeof one === 'string')).toBe(typeof many === 'string')
      }),
      { numRuns: 500 },
    )
  })
})
