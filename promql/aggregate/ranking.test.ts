import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Ranking } from './ranking.js'

test('keeps the k best of any values, best first, NaN last', () => {
  const value = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constant(Number.NaN))
  fc.assert(
    fc.property(
      fc.array(value),
      fc.nat(12),
      fc.constantFrom('topk' as const, 'bottomk' as const),
      (values, k, which) => {
        const ranking = new Ranking(which, k)
        for (const [item, one] of values.entries()) ranking.offer(item, one)
        const sign = which === 'topk' ? -1 : 1
        const numbers = values.filter((one) => !Number.isNaN(one)).sort((a, b) => sign * (a - b))
        const expected = [...numbers, ...values.filter(Number.isNaN)].slice(0, k)
        expect(ranking.best().map((item) => values[item])).toEqual(expected)
      },
    ),
  )
})
