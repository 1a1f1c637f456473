import { expect, test } from 'vitest'
import { pacedSort } from './paced-sort.js'

test('many values are sorted as typed arrays sort them, with others having turns in between', async () => {
  let state = 7
  const random = () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0
    return state
  }
  for (const length of [0, 1, 65_536, 65_537, 200_000, 300_001]) {
    const values = Float64Array.from({ length }, () => (random() % 50 === 0 ? Number.NaN : random() - 2 ** 31))
    let most = 0
    const pace = async (samples: number) => {
      most = Math.max(most, samples)
    }
    expect(await pacedSort(values.slice(), pace)).toEqual(values.slice().sort())
    expect(most).toBeLessThan(100_000)
  }
})
