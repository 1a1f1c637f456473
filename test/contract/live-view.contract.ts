import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LiveView } from '../../schemas/ports/window-store.js'
import { batch, cpu, everything, memory, plain, readAll, T0 } from './window-fixtures.js'
import { windowReaderContract } from './window-reader.contract.js'

/** An empty live view that began to be fed at `sinceMs`. */
export interface LiveViewHarness {
  view: LiveView
  close(): Promise<void>
}

/** What every LiveView keeps. */
export function liveViewContract(name: string, open: (sinceMs: number) => Promise<LiveViewHarness>): void {
  describe(`live view: ${name}`, () => {
    let harness: LiveViewHarness
    let view: LiveView
    beforeEach(async () => {
      harness = await open(T0)
      view = harness.view
    })
    afterEach(() => harness.close())

    windowReaderContract(() => ({ reader: view, put: (batches) => view.put(batches) }))

    test('shows open windows, newer ones instead of older, and closed ones instead of open', async () => {
      const reading = (...values: number[]) => [{ series: cpu(), values }]
      await view.put([batch(T0, 0, reading(1), false)])
      const open = batch(T0, 0, reading(1, 2), false)
      await view.put([open])
      expect(await readAll(view, everything())).toEqual(plain(open.windows))
      const closed = batch(T0, 0, reading(1, 2, 3))
      await view.put([closed])
      expect(await readAll(view, everything())).toEqual(plain(closed.windows))
    })

    test('never lets an open window hide a closed one', async () => {
      const closed = batch(T0, 0, [{ series: cpu(), values: [1, 2, 3] }])
      await view.put([closed, batch(T0, 0, [{ series: cpu(), values: [1] }], false)])
      await view.put([batch(T0, 0, [{ series: cpu(), values: [1, 2] }], false)])
      expect(await readAll(view, everything())).toEqual(plain(closed.windows))
    })

    test('a batch takes the place of the whole earlier one', async () => {
      await view.put([
        batch(
          T0,
          0,
          [
            { series: cpu({ host: 'a' }), values: [1] },
            { series: cpu({ host: 'b' }), values: [1] },
          ],
          false,
        ),
      ])
      const second = batch(T0, 0, [{ series: cpu({ host: 'a' }), values: [2] }])
      await view.put([second])
      expect(await readAll(view, everything())).toEqual(plain(second.windows))
    })

    test('drops what is trimmed, and says that it no longer covers it', async () => {
      await view.put([0, 10_000, 20_000].map((after) => batch(T0 + after, 0, [{ series: cpu(), values: [after] }])))
      await view.trim(T0 + 10_000)
      expect(Object.keys(await readAll(view, everything())).sort()).toEqual(['cpu{} @ 10000', 'cpu{} @ 20000'])
      expect(await view.coveredFromMs()).toBeGreaterThanOrEqual(T0 + 10_000)
    })

    test('claims nothing from before it was fed', async () => {
      const covered = await view.coveredFromMs()
      if (covered !== undefined) expect(covered).toBeGreaterThanOrEqual(T0)
    })

    test('goes on giving what a reader has begun to read while windows come and go', async () => {
      const batches = [0, 10_000, 20_000].map((after) =>
        batch(T0 + after, 0, [
          { series: cpu({ at: `${after}` }), values: [after] },
          { series: memory(), values: [after] },
        ]),
      )
      await view.put(batches)
      const seen = []
      for await (const windows of view.read(everything(['__name__', '=', 'memory']))) {
        seen.push(...windows.series.map(String))
        await view.trim(T0 + 20_000)
        await view.put([batch(T0 + 30_000, 0, [{ series: cpu({ at: 'new' }), values: [1] }])])
      }
      expect(new Set(seen)).toEqual(new Set(['memory{}']))
    })
  })
}
