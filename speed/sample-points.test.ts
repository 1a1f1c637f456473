import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Kind } from '../schemas/points.js'
import { Series } from '../schemas/series/series.js'
import { Sketch } from '../schemas/sketch/sketch.js'
import { WindowColumns } from '../schemas/windows/columns.js'
import { SamplePoints } from './sample-points.js'

const series = [Series.of('cpu', { host: 'a' }, Kind.Sample)]

function folded(values: readonly number[]): WindowColumns {
  const points = new SamplePoints(1)
  values.forEach((value, i) => {
    points.add(0, i, value)
  })
  const windows = new WindowColumns()
  points.fold(series, 0, windows)
  return windows
}

function buckets({ schema, zeroCount, positive, negative }: Sketch) {
  const [above, below] = [positive, negative].map(({ offset, counts, length }) => ({
    offset,
    counts: [...counts.subarray(0, length)],
  }))
  return { schema, zeroCount, above, below }
}

const value = fc.oneof(
  fc.double(),
  fc.double({ min: -1000, max: 1000 }),
  fc.constantFrom(0, -0, 1, Number.NaN, Number.POSITIVE_INFINITY),
)

test('the sketch of a window has exactly the buckets that its values make one by one', () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 40 }), (values) => {
      const finite = values.filter(Number.isFinite)
      const oneByOne = new Sketch()
      for (const each of finite) oneByOne.add(each, 1)
      const sketch = folded(values).sketch[0]
      if (new Set(finite.map((each) => each + 0)).size < 2) expect(sketch).toBeUndefined()
      else expect(buckets(sketch!)).toEqual(buckets(oneByOne))
    }),
  )
})
