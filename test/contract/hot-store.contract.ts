import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { HotStore } from '../../schemas/ports/window-store.js'
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
