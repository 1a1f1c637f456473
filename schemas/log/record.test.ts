import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isStaleAt, Kind, markStaleAt, wordsOf } from '../points.js'
import { Series } from '../series/series.js'
import { encodeDictionary } from './dictionary.js'
import { DamagedRecord, decodeRecord, encodeRecord, type LogRecord, type PointColumns } from './record.js'

const NOW = 1_767_225_600_000

interface AnyPoint {
  series: number
  timeMs: number
  value: number
  stale: boolean
  weight: number
}

const anyPoint = fc.record({
  series: fc.nat(4),
  timeMs: fc.oneof(fc.integer({ min: NOW - 60_000, max: NOW }), fc.integer({ min: 0, max: 4e12 })),
  value: fc.oneof(fc.double(), fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY)),
  stale: fc.boolean(),
  weight: fc.constantFrom(1, 10, 1 / 3),
})
const series = ['cpu', 'memory', 'diskß', '😀', 'm'].map((metric, i) =>
  Series.of(metric, { host: `h${i}` }, (i % 3) as Kind),
)

function columnsOf(points: readonly AnyPoint[], dictionary = series, weighted = true): PointColumns {
  const value = Float64Array.from(points, (point) => point.value)
  for (const [i, { stale }] of points.entries()) if (stale) markStaleAt(wordsOf(value), i)
  return {
    dictionary: encodeDictionary(dictionary),
    pointCount: points.length,
    seriesIndex: Uint32Array.from(points, (point) => point.series),
    timeMs: Float64Array.from(points, ({ timeMs }) => timeMs),
    value,
    weight: weighted ? Float64Array.from(points, ({ weight }) => weight) : undefined,
    receivedMs: NOW,
  }
}

function pointsOf(record: LogRecord): AnyPoint[] {
  const words = wordsOf(record.value)
  return Array.from({ length: record.pointCount }, (_, i) => {
    const stale = isStaleAt(words, i)
    const value = stale ? Number.NaN : record.value[i]
    return {
      series: record.seriesIndex[i],
      timeMs: record.baseMs + record.timeDelta[i],
      value,
      stale,
      weight: record.weight?.[i] ?? 1,
    }
  })
}

describe('a record', () => {
  test('gives back its points bit by bit, its series and when it came', () => {
    fc.assert(
      fc.property(fc.array(anyPoint, { maxLength: 30 }), fc.boolean(), (points, weighted) => {
        const record = decodeRecord(encodeRecord(columnsOf(points, series, weighted)))
        expect(record.receivedMs).toBe(NOW)
        expect(pointsOf(record)).toEqual(
          points.map((point) => ({
            ...point,
            value: point.stale ? Number.NaN : point.value,
            weight: weighted ? point.weight : 1,
          })),
        )
        series.forEach((one, i) => {
          expect([record.ids[2 * i], record.ids[2 * i + 1]]).toEqual([one.idLow, one.idHigh])
          expect(record.kind(i)).toBe(one.kind)
          expect(Series.fromCanonical(record.canonical(i).slice()).toString()).toBe(one.toString())
        })
      }),
    )
  })

  test('is read at any address, as stores hand bytes out', () => {
    const bytes = encodeRecord(columnsOf([{ series: 1, timeMs: NOW, value: 2.5, stale: false, weight: 1 }]))
    for (let offset = 0; offset < 8; offset++) {
      const elsewhere = new Uint8Array(bytes.length + offset).subarray(offset)
      elsewhere.set(bytes)
      expect(pointsOf(decodeRecord(elsewhere))).toMatchObject([{ series: 1, timeMs: NOW, value: 2.5 }])
    }
  })

  test.each([65_535, 65_536])('holds %d series', (count) => {
    const dictionary = Array.from({ length: count }, (_, i) => Series.known(new Uint8Array([Kind.Sample, 97]), i, 0))
    const last = { series: count - 1, timeMs: NOW, value: 1, stale: false, weight: 1 }
    const record = decodeRecord(encodeRecord(columnsOf([last], dictionary, false)))
    expect(record.seriesCount).toBe(count)
    expect(record.seriesIndex[0]).toBe(count - 1)
  })

  test('costs 14 bytes a point where nothing is weighted', () => {
    const points = Array.from({ length: 1000 }, (_, i) => ({
      series: i % 5,
      timeMs: NOW + i,
      value: i,
      stale: false,
      weight: 1,
    }))
    expect(encodeRecord(columnsOf(points, series, false)).length).toBeLessThan(14 * 1000 + 300)
  })
})

describe('a damaged record', () => {
  const bytes = encodeRecord(columnsOf([{ series: 0, timeMs: NOW, value: 7, stale: false, weight: 2 }]))

  test('is found out wherever one bit is wrong', () => {
    for (let at = 0; at < bytes.length; at++) {
      for (const bit of [1, 128]) {
        const damaged = bytes.slice()
        damaged[at] ^= bit
        expect(() => decodeRecord(damaged), `byte ${at}`).toThrow(DamagedRecord)
      }
    }
  })

  /** The record with something written into it, its checksum made right again. */
  function rewritten(change: (view: DataView) => void): Uint8Array {
    const changed = Buffer.from(bytes)
    change(new DataView(changed.buffer, changed.byteOffset, changed.length))
    changed.writeUInt32LE(crc32(changed.subarray(24), crc32(changed.subarray(0, 20))), 20)
    return changed
  }

  test.each<[string, string, (view: DataView) => void]>([
    [
      'a point of a series that is not there',
      'belongs to no series',
      (view) => view.setUint16(view.byteLength - 8, 99, true),
    ],
    ['a series without an end', 'is none', (view) => view.setUint32(40 + 8 * series.length, 0, true)],
    [
      'series that end beyond their text',
      'its header says',
      (view) => {
        view.setUint32(40 + 12 * series.length - 4, 1 << 20, true)
      },
    ],
    ['a time that is none', 'no time', (view) => view.setFloat64(24, Number.NaN, true)],
  ])('with %s is found out though its checksum is right', (_, reason, change) => {
    expect(() => decodeRecord(rewritten(change))).toThrow(reason)
  })

  test.each([
    ['cut short within its header', bytes.subarray(0, 20), 'a header alone has 40'],
    ['cut short', bytes.subarray(0, bytes.length - 1), 'its header says'],
    ['empty', new Uint8Array(0), 'it has 0 bytes'],
    ['something else', new Uint8Array(100), 'TMR1'],
  ])('%s says so', (_, damaged, reason) => {
    expect(() => decodeRecord(damaged)).toThrow(reason)
  })
})
