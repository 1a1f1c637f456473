import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Kind } from '../../schemas/points.js'
import type { HotStore } from '../../schemas/ports/window-store.js'
import { Series } from '../../schemas/series/series.js'
import { normal, seededRandom } from '../random.js'
import { eventually } from './eventually.js'
import { batch, cpu, everything, memory, plain, readAll, T0 } from './window-fixtures.js'
import { windowReaderContract } from './window-reader.contract.js'

/** An empty hot store. */
export interface HotStoreHarness {
  store: HotStore
  /** Closes the store and opens it again over what it stored. */
  reopen(): Promise<HotStore>
  /** Closes it and removes what it stored. */
  close(): Promise<void>
}

/** What every HotStore keeps. */
export function hotStoreContract(name: string, open: () => Promise<HotStoreHarness>): void {
  describe(`hot store: ${name}`, () => {
    let harness: HotStoreHarness
    let store: HotStore
    beforeEach(async () => {
      harness = await open()
      store = harness.store
    })
    afterEach(() => harness.close())

    windowReaderContract(() => ({ reader: store, put: (batches) => store.write(batches) }))

    test('keeps windows and series over a restart', async () => {
      const first = batch(T0, 0, [{ series: cpu({ host: 'a' }), values: [1, 2] }])
      await store.write([first])
      store = await harness.reopen()
      await eventually(async () => expect(await readAll(store, everything())).toEqual(plain(first.windows)))
      const second = batch(T0 + 10_000, 0, [
        { series: memory(), values: [1] },
        { series: cpu({ host: 'a' }), values: [3] },
      ])
      await store.write([second])
      await eventually(async () =>
        expect(await readAll(store, everything())).toEqual(plain(first.windows, second.windows)),
      )
      expect((await store.series(everything())).map(String).sort()).toEqual(['cpu{host="a"}', 'memory{}'])
    })

    test('a batch replaces the whole earlier one: series that it lacks are gone', async () => {
      const many = Array.from({ length: 1500 }, (_, i) => ({ series: cpu({ host: `${i}` }), values: [i] }))
      await store.write([batch(T0, 0, [...many, { series: memory(), values: [1] }])])
      const second = batch(T0, 0, many.slice(1400))
      await store.write([second])
      await eventually(async () => expect(await readAll(store, everything())).toEqual(plain(second.windows)))
      await store.write([batch(T0, 0, [])])
      await eventually(async () => expect(await readAll(store, everything())).toEqual({}))
    })

    test('what is written last counts, whatever was written before it, also by a store opened later', async () => {
      const [one, two] = [1, 2].map((value) => batch(T0, 0, [{ series: cpu(), values: [value, value + 1] }]))
      const neighbour = batch(T0 + 10_000, 0, [{ series: cpu(), values: [7] }])
      for (const written of [one, two, neighbour, one]) await store.write([written])
      const expected = plain(one.windows, neighbour.windows)
      await eventually(async () => expect(await readAll(store, everything())).toEqual(expected))
      store = await harness.reopen()
      await store.write([two])
      await store.write([neighbour, two])
      await eventually(async () =>
        expect(await readAll(store, everything())).toEqual(plain(two.windows, neighbour.windows)),
      )
    })

    test('gives no windows that start before a time to which it was trimmed, and all others', async () => {
      const batches = Array.from({ length: 60 }, (_, i) =>
        batch(T0 + i * 10_000, i % 2, [{ series: cpu({ i: `${i}` }), values: [i] }]),
      )
      await store.write(batches)
      await store.trim(T0 + 400_000)
      await store.trim(T0 + 100_000)
      const kept = plain(...batches.slice(40).map((one) => one.windows))
      await eventually(async () => expect(await readAll(store, everything())).toEqual(kept))
    })

    test('gives every number back bit for bit', async () => {
      const numbers = [0.1 + 0.2, 5e-324, 1.7e308, -1.7e308, -0, 0, 1 / 3, 2 ** 53 - 1, -(2 ** 60), 1e15 + 0.125]
      const readings = numbers.map((value, i) => ({ series: cpu({ i: `${i}` }), values: [value] }))
      const many = { series: memory(), values: numbers.map((value) => value / 4) }
      const written = batch(T0, 0, [...readings, many])
      await store.write([written])
      await eventually(async () => expect(await readAll(store, everything())).toEqual(plain(written.windows)))
    })

    test('holds thousands of distributions at one time', async () => {
      const random = seededRandom(1)
      const dense = Array.from({ length: 3000 }, (_, i) => ({
        series: cpu({ host: `${i}` }),
        values: Array.from({ length: 60 }, () => Math.exp(4 * normal(random))),
      }))
      const written = batch(T0, 0, dense)
      await store.write([written])
      await eventually(async () => expect(await readAll(store, everything())).toEqual(plain(written.windows)))
    })

    test('counts of a distribution may be fractions', async () => {
      const written = batch(T0, 0, [{ series: cpu(), values: [1, 2] }])
      written.windows.sketch[0]?.add(3, 0.1)
      written.windows.count[0] += 0.1
      await store.write([written])
      await eventually(async () => expect(await readAll(store, everything())).toEqual(plain(written.windows)))
    })

    test('keeps labels as they are: quotes, brackets, other scripts, and a name that is none elsewhere', async () => {
      const odd = Series.of(
        'größe [%] "values":[',
        { 'a b': '{"x":[1,2]}', __tag__: '\n\\"', tidemark: 'mine' },
        Kind.Sample,
      )
      const written = batch(T0, 0, [
        { series: odd, values: [1] },
        { series: Series.of('m', { path: '/'.repeat(5000) }, Kind.EventTimer), values: [2, 3] },
      ])
      await store.write([written])
      await eventually(async () => expect(await readAll(store, everything())).toEqual(plain(written.windows)))
      expect(Object.keys(await readAll(store, everything(['__name__', '=', odd.metric])))).toHaveLength(1)
    })

    test('takes no open window', async () => {
      await expect(store.write([batch(T0, 0, [], false)])).rejects.toThrow('open window')
    })

    test('refuses to write once it is closed', async () => {
      await store.close()
      await expect(store.write([batch(T0, 0, [])])).rejects.toMatchObject({ code: 'TM_HOTSTORE_UNAVAILABLE' })
    })

    test('takes many writes at once', async () => {
      const batches = Array.from({ length: 40 }, (_, i) =>
        batch(T0 + (i >> 2) * 10_000, i % 4, [{ series: cpu({ p: `${i % 4}` }), values: [i] }]),
      )
      await Promise.all(batches.map((one) => store.write([one])))
      await eventually(async () =>
        expect(await readAll(store, everything())).toEqual(plain(...batches.map((one) => one.windows))),
      )
    })
  })
}
