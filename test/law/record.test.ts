import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeDictionary } from '../../schemas/log/dictionary.js'
import { decodeRecord, encodeRecord } from '../../schemas/log/record.js'
import { isStaleAt, markStaleAt, wordsOf } from '../../schemas/points.js'
import { LAW_SERIES } from './points.js'

const anyPoint = fc.record({
  series: fc.nat(LAW_SERIES.length - 1),
  timeMs: fc.oneof(
    fc.integer({ min: 1_700_000_000_000, max: 1_700_000_600_000 }),
    fc.integer({ min: 946_684_800_000, max: 4_000_000_000_000 }),
  ),
  value: fc.double(),
  stale: fc.boolean(),
  weight: fc.double({ min: 0.1, max: 100, noNaN: true }),
})

test('a record decodes to what was encoded, staleness markers and their bits included', () => {
  fc.assert(
    fc.property(fc.array(anyPoint, { maxLength: 50 }), fc.boolean(), (points, weighted) => {
      const value = Float64Array.from(points, (point) => point.value)
      for (const [i, point] of points.entries()) if (point.stale) markStaleAt(wordsOf(value), i)
      const record = decodeRecord(
        encodeRecord({
          dictionary: encodeDictionary(LAW_SERIES),
          pointCount: points.length,
          seriesIndex: Uint32Array.from(points, (point) => point.series),
          timeMs: Float64Array.from(points, (point) => point.timeMs),
          value,
          weight: weighted ? Float64Array.from(points, (point) => point.weight) : undefined,
          receivedMs: 12_345.5,
        }),
      )
      expect(record.receivedMs).toBe(12_345.5)
      expect(record.pointCount).toBe(points.length)
      LAW_SERIES.forEach((series, i) => {
        expect(record.kind(i)).toBe(series.kind)
        expect([record.ids[2 * i], record.ids[2 * i + 1]]).toEqual([series.idLow, series.idHigh])
        expect(record.canonical(i)).toEqual(series.canonical)
      })
      const words = wordsOf(record.value)
      points.forEach((point, i) => {
        expect(record.seriesIndex[i]).toBe(point.series)
        expect(record.baseMs + record.timeDelta[i]).toBe(point.timeMs)
        expect(isStaleAt(words, i)).toBe(point.stale)
        if (!point.stale) expect(record.value[i]).toBe(point.value)
        if (weighted) expect(record.weight?.[i]).toBe(point.weight)
      })
    }),
  )
})
