import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Kind } from '../points.js'
import { Series } from '../series/series.js'
import { packSketches } from '../sketch/packed.js'
import { Sketch } from '../sketch/sketch.js'
import { DamagedChunk, decodeChunk, encodeChunk, encodeChunks } from './chunk.js'
import { CHUNK_ROWS } from './chunk-columns.js'
import { WINDOW_COLUMNS, type WindowBatch, WindowColumns } from './columns.js'

const START = 1_700_000_000_000

const anyNumber = fc.oneof(
  fc.double(),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0),
)
const anySketch = fc
  .array(
    fc.tuple(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.oneof(fc.integer({ min: 1, max: 1e9 }), fc.constant(2.5)),
    ),
    { maxLength: 20 },
  )
  .map((values) => {
    const sketch = new Sketch()
    for (const [value, weight] of values) sketch.add(value, weight)
    return sketch
  })
/** One window; half of them hold a single reading, as sparse series do. */
const anyWindow = fc.record({
  numbers: fc.oneof(
    fc
      .tuple(anyNumber, fc.integer({ min: 0, max: 9999 }))
      .map(([value, at]) => [1, value, value, value, value, START + at, value, START + at, 0]),
    fc.array(anyNumber, { minLength: WINDOW_COLUMNS.length, maxLength: WINDOW_COLUMNS.length }),
  ),
  stale: fc.integer({ min: 0, max: 7 }),
  sketch: fc.option(anySketch, { nil: undefined }),
})
type AnyWindow = typeof anyWindow extends fc.Arbitrary<infer T> ? T : never

function batchOf(rows: readonly AnyWindow[], closed = true): WindowBatch {
  const windows = new WindowColumns(1)
  rows.forEach(({ numbers, stale, sketch }, i) => {
    const row = windows.push(Series.of(`metric_${i % 7}`, { host: `h${i}`, zone: 'ä' }, Kind.Sample), START)
    for (const [c, name] of WINDOW_COLUMNS.entries()) windows[name][row] = numbers[c]
    windows.stale[row] = stale
    windows.sketch[row] = sketch
  })
  return { partition: 3, startMs: START, closed, windows }
}

function rowsOf(windows: WindowColumns): unknown[] {
  return Array.from({ length: windows.length }, (_, row) => ({
    series: windows.series[row].toString(),
    start: windows.start[row],
    ...Object.fromEntries(WINDOW_COLUMNS.map((name) => [name, windows[name][row]])),
    stale: windows.stale[row],
    sketch: sketchOf(windows.sketch[row]),
  }))
}

function sketchOf(sketch: Sketch | undefined): unknown {
  if (!sketch) return undefined
  const { schema, zeroCount, positive, negative } = sketch
  const runs = [positive, negative].map((run) => ({
    offset: run.length && run.offset,
    counts: [...run.counts.subarray(0, run.length)],
  }))
  return { schema, zeroCount, runs }
}

describe('a chunk', () => {
  test('gives back every window of any batch: NaN, infinities, -0, stale flags, sketches', () => {
    fc.assert(
      fc.property(fc.array(anyWindow, { maxLength: 40 }), fc.boolean(), (rows, closed) => {
        const batch = batchOf(rows, closed)
        const back = new WindowColumns()
        for (const chunk of encodeChunks(batch)) {
          const header = decodeChunk(chunk, (row) => Series.known(row.canonical().slice(), row.idLow, row.idHigh), back)
          expect(header).toMatchObject({ startMs: START, closed })
        }
        expect(rowsOf(back)).toEqual(rowsOf(batch.windows))
        for (let row = 0; row < back.length; row++) expect(back.series[row].id).toBe(batch.windows.series[row].id)
      }),
    )
  })

  test('is the same, of any of its rows, where the sketches were packed before', () => {
    const law = (rows: AnyWindow[], picks: boolean[]) => {
      const batch = batchOf(rows)
      const { sketch, length } = batch.windows
      const picked = Uint32Array.from(rows.keys()).filter((row) => picks[row] ?? true)
      const again = encodeChunk({ ...batch, sketches: packSketches(sketch, length) }, picked)
      expect(again).toEqual(encodeChunk(batch, picked))
    }
    fc.assert(fc.property(fc.array(anyWindow, { maxLength: 40 }), fc.array(fc.boolean()), law))
  })

  test('keeps only the rows whose series the reader wants', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyWindow, fc.boolean()), { maxLength: 40 }), (rows) => {
        const batch = batchOf(rows.map(([row]) => row))
        const wanted = new Set(batch.windows.series.filter((_, i) => rows[i][1]).map((series) => series.id))
        const back = new WindowColumns()
        for (const chunk of encodeChunks(batch)) {
          decodeChunk(
            chunk,
            (row) => {
              const series = Series.known(row.canonical().slice(), row.idLow, row.idHigh)
              return wanted.has(series.id) ? series : undefined
            },
            back,
          )
        }
        expect(rowsOf(back)).toEqual(rowsOf(batch.windows).filter((_, i) => rows[i][1]))
      }),
    )
  })

  test("names its series by the store's own numbers if given some", () => {
    const batch = batchOf([1, 2, 3].map((value) => ({ numbers: Array(9).fill(value), stale: 0, sketch: undefined })))
    const back = new WindowColumns()
    const numbers: number[] = []
    const chunk = encodeChunk(batch, Uint32Array.of(2, 0, 1), Uint32Array.of(7, 4_000_000_000, 3))
    decodeChunk(
      chunk,
      (row) => {
        numbers.push(row.number)
        return batch.windows.series[0]
      },
      back,
    )
    expect(numbers).toEqual([7, 4_000_000_000, 3])
    expect([...back.count.subarray(0, back.length)]).toEqual([3, 1, 2])
  })

  test('holds some MB of series at most', () => {
    const windows = new WindowColumns(1)
    const long = 'x'.repeat(4000)
    for (let i = 0; i < CHUNK_ROWS; i++)
      windows.push(
        Series.of('m', Object.fromEntries([1, 2, 3, 4].map((k) => [`l${k}`, `${long}${i}`])), Kind.Sample),
        START,
      )
    const chunks = encodeChunks({ partition: 0, startMs: START, closed: true, windows })
    for (const chunk of chunks) expect(chunk.length).toBeLessThan(5 << 20)
    const back = new WindowColumns()
    for (const chunk of chunks)
      decodeChunk(chunk, (row) => Series.known(row.canonical().slice(), row.idLow, row.idHigh), back)
    expect(rowsOf(back)).toEqual(rowsOf(windows))
  })

  test('is read wherever it lies in a larger buffer, as a server sent it', () => {
    const batch = batchOf([{ numbers: Array(9).fill(5), stale: 1, sketch: Sketch.of(5, 2) }])
    const [chunk] = encodeChunks(batch)
    for (let offset = 0; offset < 8; offset++) {
      const sent = Buffer.alloc(chunk.length + 8)
      sent.set(chunk, offset)
      const back = new WindowColumns()
      const series = batch.windows.series[0]
      decodeChunk(sent.subarray(offset, offset + chunk.length), () => series, back)
      expect(rowsOf(back)).toEqual(rowsOf(batch.windows))
    }
  })

  test('costs a few bytes a window where every window holds one reading', () => {
    const rows = Array.from({ length: CHUNK_ROWS }, (_, i) => ({
      numbers: [1, i, i, i, i, START + i, i, START + i, 0],
      stale: 0,
      sketch: undefined,
    }))
    const numbers = Uint32Array.from(rows.keys())
    expect(encodeChunk(batchOf(rows), numbers, numbers).length / CHUNK_ROWS).toBeLessThan(15)
  })

  test.each<[string, (view: DataView) => void]>([
    ['more rows than are written', (view) => view.setUint16(6, 513, true)],
    ['a column that refers to none', (view) => view.setUint32(28, 2, true)],
    [
      'a sketch of too many buckets',
      (view) => view.setUint16(view.byteLength - view.getUint32(20, true) + 4, 0x7fff, true),
    ],
  ])('with %s is refused though its checksum is right', (_, change) => {
    const [chunk] = encodeChunks(batchOf([{ numbers: Array(9).fill(5), stale: 1, sketch: Sketch.of(5, 2) }]))
    const changed = Buffer.from(chunk)
    change(new DataView(changed.buffer, changed.byteOffset, changed.length))
    changed.writeUInt32LE(crc32(changed.subarray(28), crc32(changed.subarray(0, 24))), 24)
    const series = Series.of('a', {}, 0)
    expect(() => decodeChunk(changed, () => series, new WindowColumns())).toThrow(DamagedChunk)
  })

  test('is refused when its bytes are damaged or cut short', () => {
    const [chunk] = encodeChunks(batchOf([{ numbers: Array(9).fill(5), stale: 1, sketch: Sketch.of(5, 2) }]))
    const read = (bytes: Uint8Array) => decodeChunk(bytes, () => undefined, new WindowColumns())
    expect(() => read(chunk.subarray(0, 20))).toThrow(DamagedChunk)
    expect(() => read(chunk.subarray(0, chunk.length - 1))).toThrow('its header says')
    for (let at = 0; at < chunk.length; at++) {
      const damaged = chunk.slice()
      damaged[at] ^= 0x10
      expect(() => read(damaged)).toThrow(DamagedChunk)
    }
  })
})
