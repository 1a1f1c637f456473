import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Kind } from '../points.js'
import { joinId, type Label, Series, splitId } from './series.js'

const text = fc.string({ unit: fc.constantFrom('a', 'b', 'ä', '😀', '"', '=', ' '), minLength: 1, maxLength: 5 })
const anyLabels = fc.uniqueArray(fc.tuple(text, text), { selector: ([name]) => name, maxLength: 6 }) as fc.Arbitrary<
  Label[]
>
const anyKind = fc.constantFrom(...Object.values(Kind))

test('a series is the same whatever the order of its labels', () => {
  fc.assert(
    fc.property(text, anyLabels, anyKind, (metric, labels, kind) => {
      const series = Series.of(metric, labels, kind)
      expect(Series.of(metric, [...labels].reverse(), kind).id).toBe(series.id)
      expect(Series.of(metric, Object.fromEntries(labels), kind).id).toBe(series.id)
    }),
  )
})

test('its canonical bytes give everything back', () => {
  fc.assert(
    fc.property(text, anyLabels, anyKind, (metric, labels, kind) => {
      const { canonical, id } = Series.of(metric, labels, kind)
      const back = Series.fromCanonical(canonical)
      expect(back).toMatchObject({ metric, kind, id })
      expect(new Map(back.labels)).toEqual(new Map(labels))
      expect(Series.known(canonical, back.idLow, back.idHigh).id).toBe(id)
    }),
  )
})

test('the id is the first 8 bytes of the SHA-256 of the canonical form, little-endian and signed', () => {
  const series = Series.of('cpu', { region: 'eu', host: 'a' }, Kind.EventTimer)
  expect(Buffer.from(series.canonical).toString()).toBe('\x02cpu\0host\0a\0region\0eu')
  expect(series.id).toBe(createHash('sha256').update(series.canonical).digest().readBigInt64LE(0))
})

test('an empty label is an absent one', () => {
  const series = Series.of('cpu', { host: 'a', region: '' }, Kind.Sample)
  expect(series.id).toBe(Series.of('cpu', { host: 'a' }, Kind.Sample).id)
  expect(series.label('region')).toBe('')
  expect(series.label('__name__')).toBe('cpu')
})

test('a name that begins with a byte order mark keeps it', () => {
  const series = Series.fromCanonical(Series.of('\ufeffcpu', { host: 'a' }, Kind.Sample).canonical)
  expect(series.metric).toBe('\ufeffcpu')
  expect(series.labels).toEqual([['host', 'a']])
})

test('a reading and an occurrence of the same name are different series', () => {
  const ids = Object.values(Kind).map((kind) => Series.of('cpu', [], kind).id)
  expect(new Set(ids).size).toBe(3)
})

test('ids are split into unsigned halves and joined again', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (id) => {
      const [low, high] = splitId(id)
      expect([low, high].every((half) => half >= 0 && half < 2 ** 32)).toBe(true)
      expect(joinId(low, high)).toBe(id)
    }),
  )
})

test('is named in messages as people write it', () => {
  expect(Series.of('cpu', { host: 'a"b' }, Kind.Sample).toString()).toBe('cpu{host="a\\"b"}')
  expect(Series.of('hits', [], Kind.EventCounter).toString()).toBe('hits{} (event)')
})
