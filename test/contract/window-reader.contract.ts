import { expect, test } from 'vitest'
import type { WindowReader } from '../../schemas/ports/window-store.js'
import type { WindowBatch } from '../../schemas/windows/columns.js'
import { eventually } from './eventually.js'
import { batch, cpu, everything, matching, memory, plain, readAll, T0 } from './window-fixtures.js'

/** A store that is being tested, and how closed windows get into it. */
export interface ReaderUnderTest {
  reader: WindowReader
  put(batches: readonly WindowBatch[]): Promise<void>
}

/** What hot store and live view have in common. */
export function windowReaderContract(under: () => ReaderUnderTest): void {
  test('gives back every column of a window, its distribution included', async () => {
    const { reader, put } = under()
    const written = batch(T0, 0, [
      { series: cpu({ host: 'a' }), values: [1.5] },
      { series: cpu({ host: 'b' }), values: [3, -7.25, 0, 1e-9, 4e12] },
    ])
    await put([written])
    await eventually(async () =>
      expect(await readAll(reader, everything(['__name__', '=', 'cpu']))).toEqual(plain(written.windows)),
    )
  })

  test('gives back NaN, infinities and staleness', async () => {
    const { reader, put } = under()
    const written = batch(T0, 0, [
      { series: cpu({ host: 'nan' }), values: [Number.NaN] },
      { series: cpu({ host: 'inf' }), values: [Number.POSITIVE_INFINITY] },
      { series: cpu({ host: 'gone' }), values: [4, Number.NaN], stale: 1 },
    ])
    await put([written])
    await eventually(async () => expect(await readAll(reader, everything())).toEqual(plain(written.windows)))
  })

  test('reads windows that start in the range, its end excluded', async () => {
    const { reader, put } = under()
    const starts = [T0, T0 + 10_000, T0 + 20_000, T0 + 30_000]
    await put(starts.map((start, i) => batch(start, 0, [{ series: cpu(), values: [i] }])))
    const range = { startMs: T0 + 10_000, endMs: T0 + 30_000, matchers: matching(['__name__', '=', 'cpu']) }
    await eventually(async () =>
      expect(Object.keys(await readAll(reader, range)).sort()).toEqual(['cpu{} @ 10000', 'cpu{} @ 20000']),
    )
    expect(await readAll(reader, { ...range, startMs: T0 + 10_001, endMs: T0 + 20_000 })).toEqual({})
  })

  test('reads the series that satisfy all matchers, of every partition', async () => {
    const { reader, put } = under()
    await put([
      batch(T0, 0, [
        { series: cpu({ host: 'a', zone: 'x' }), values: [1] },
        { series: cpu({ host: 'b', zone: 'y' }), values: [2] },
      ]),
      batch(T0, 1, [
        { series: memory({ host: 'a', zone: 'x' }), values: [3] },
        { series: cpu({ host: 'c' }), values: [4] },
      ]),
    ])
    const a = 'cpu{host="a",zone="x"} @ 0'
    const b = 'cpu{host="b",zone="y"} @ 0'
    const c = 'cpu{host="c"} @ 0'
    const m = 'memory{host="a",zone="x"} @ 0'
    const found = async (...triples: Parameters<typeof everything>) =>
      Object.keys(await readAll(reader, everything(...triples))).sort()
    await eventually(async () => expect(await found()).toEqual([a, b, c, m]))
    expect(await found(['__name__', '=', 'cpu'])).toEqual([a, b, c])
    expect(await found(['__name__', '=', 'cpu'], ['host', '!=', 'a'])).toEqual([b, c])
    expect(await found(['__name__', '=~', 'c.u|mem'], ['host', '=~', 'a|c'])).toEqual([a, c])
    expect(await found(['__name__', '!=', 'cpu'])).toEqual([m])
    expect(await found(['zone', '!~', 'x|y'])).toEqual([c])
    expect(await found(['zone', '=', ''])).toEqual([c])
    expect(await found(['__name__', '=', 'cp'])).toEqual([])
  })

  test('names the series that may have windows in the range', async () => {
    const { reader, put } = under()
    await put([
      batch(T0, 0, [{ series: cpu({ host: 'a' }), values: [1] }]),
      batch(T0, 1, [{ series: memory({ host: 'a' }), values: [1] }]),
    ])
    const names = async (...triples: Parameters<typeof everything>) =>
      (await reader.series(everything(...triples))).map((series) => series.toString()).sort()
    await eventually(async () => expect(await names()).toEqual(['cpu{host="a"}', 'memory{host="a"}']))
    expect(await names(['__name__', '=', 'memory'])).toEqual(['memory{host="a"}'])
    expect(await names(['host', '=', 'b'])).toEqual([])
  })

  test('a batch that is written again changes nothing, and a newer one replaces it', async () => {
    const { reader, put } = under()
    const first = batch(T0, 0, [{ series: cpu(), values: [1] }])
    await put([first])
    await put([first])
    await eventually(async () => expect(await readAll(reader, everything())).toEqual(plain(first.windows)))
    const second = batch(T0, 0, [{ series: cpu(), values: [1, 5] }])
    await put([second])
    await eventually(async () => expect(await readAll(reader, everything())).toEqual(plain(second.windows)))
  })

  test('keeps partitions apart: one does not replace what another wrote for the same time', async () => {
    const { reader, put } = under()
    await put([batch(T0, 0, [{ series: cpu({ host: 'a' }), values: [1] }])])
    await put([batch(T0, 1, [{ series: cpu({ host: 'b' }), values: [2] }])])
    await eventually(async () => expect(Object.keys(await readAll(reader, everything()))).toHaveLength(2))
  })

  test('holds thousands of series at one time', async () => {
    const { reader, put } = under()
    const readings = Array.from({ length: 3000 }, (_, i) => ({
      series: cpu({ host: `h${i % 300}`, core: `${Math.floor(i / 300)}` }),
      values: [i],
    }))
    const written = batch(T0, 0, [...readings, { series: memory(), values: [9] }])
    await put([written])
    await eventually(async () => expect(await readAll(reader, everything())).toEqual(plain(written.windows)))
    const one = await readAll(reader, everything(['__name__', '=', 'cpu'], ['host', '=', 'h7'], ['core', '=', '3']))
    expect(Object.values(one).map((window) => window.last)).toEqual([907])
  })

  test('refuses a regular expression that does not compile', async () => {
    const { reader, put } = under()
    await put([batch(T0, 0, [{ series: cpu(), values: [1] }])])
    await expect(readAll(reader, everything(['host', '=~', '(']))).rejects.toMatchObject({ code: 'TM_QUERY_REGEX' })
    await expect(reader.series(everything(['host', '=~', '(']))).rejects.toMatchObject({ code: 'TM_QUERY_REGEX' })
  })
}
