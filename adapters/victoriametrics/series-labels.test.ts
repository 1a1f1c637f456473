import { expect, test } from 'vitest'
import { Kind } from '../../schemas/points.js'
import { Series } from '../../schemas/series/series.js'
import { encodeLabels } from './label-bytes.js'
import { SeriesLabels } from './series-labels.js'

const COMMON = encodeLabels([['tidemark', 'a']])
const labelsOf = (suffixes: string[] = ['']) =>
  new SeriesLabels(
    suffixes.map((suffix) => Buffer.from(suffix)),
    COMMON,
  )

test('a series has its names under each suffix, and its labels with those that all have', () => {
  const { names, rest } = labelsOf(['', ':p99']).of(Series.of('cpu', { host: 'a' }, Kind.Sample))
  expect(names.map((name) => Buffer.from(name))).toEqual(
    ['cpu', 'cpu:p99'].map((name) => Buffer.from(encodeLabels([['__name__', name]]))),
  )
  expect(rest).toEqual(
    encodeLabels([
      ['host', 'a'],
      ['tidemark', 'a'],
    ]),
  )
})

test('what is written again is not encoded again', () => {
  const labels = labelsOf()
  const series = Series.of('cpu', { host: 'a' }, Kind.Sample)
  const first = labels.of(series)
  expect(labels.of(series)).toBe(first)
})

test('more series than are kept do not push each other out; once those were of use, others take their place', () => {
  const labels = labelsOf()
  const all = Array.from({ length: 70 }, (_, i) => Series.of('cpu', { host: `${i}`.padEnd(1 << 20, '.') }, Kind.Sample))
  const isKept = (series: Series) => {
    const first = labels.of(series)
    return labels.of(series) === first
  }
  for (const series of all) labels.of(series)
  expect([isKept(all[0]), isKept(all[69])]).toEqual([true, false])
  for (const series of all.slice(0, 64)) labels.of(series)
  expect(isKept(all[69])).toBe(true)
  for (const series of all) expect(labels.of(series).rest.length).toBeGreaterThan(1 << 20)
})
