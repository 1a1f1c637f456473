import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LiveView } from '../../schemas/ports/window-store.js'
import { eventually } from './eventually.js'
import { Feeder } from './feeder.js'
import { batch, cpu, everything, memory, plain, readAll, T0 } from './window-fixtures.js'
import { windowReaderContract } from './window-reader.contract.js'

/** Partitions of the view that is tested. */
export const PARTITIONS = 2

/** An empty live view of {@link PARTITIONS} partitions. */
export interface LiveViewHarness {
  view: LiveView
  close(): Promise<void>
}

const reading = (...values: number[]) => [{ series: cpu(), values }]
const unfed = expect.objectContaining({ code: 'TM_LIVEVIEW_UNAVAILABLE', retriable: true })

/** What every LiveView keeps. */
export function liveViewContract(name: string, open: () => Promise<LiveViewHarness>): void {
  describe(`live view: ${name}`, () => {
    let harness: LiveViewHarness
    let view: LiveView
    let feeder: Feeder
    beforeEach(async () => {
      harness = await open()
      view = harness.view
      feeder = new Feeder(view, PARTITIONS)
    })
    afterEach(() => harness.close())
    const covered = (fromMs: number | undefined) =>
      eventually(async () => expect(await view.coveredFromMs()).toBe(fromMs))

    windowReaderContract(() => ({ reader: view, put: (batches) => feeder.put(batches) }))

    test('shows open windows, newer ones instead of older, and closed ones instead of open', async () => {
      await feeder.put([batch(T0, 0, reading(1), false)])
      const open = batch(T0, 0, reading(1, 2), false)
      await feeder.put([open])
      expect(await readAll(view, everything())).toEqual(plain(open.windows))
      const closed = batch(T0, 0, reading(1, 2, 3))
      await feeder.put([closed])
      expect(await readAll(view, everything())).toEqual(plain(closed.windows))
    })

    test('never lets an open window hide a closed one', async () => {
      const closed = batch(T0, 0, reading(1, 2, 3))
      await feeder.put([closed, batch(T0, 0, reading(1), false)])
      await feeder.put([batch(T0, 0, reading(1, 2), false)])
      expect(await readAll(view, everything())).toEqual(plain(closed.windows))
    })

    test('a batch takes the place of the whole earlier one', async () => {
      const hosts = ['a', 'b'].map((host) => ({ series: cpu({ host }), values: [1] }))
      await feeder.put([batch(T0, 0, [...hosts, { series: memory(), values: [1] }], false)])
      const second = batch(T0, 0, [{ series: cpu({ host: 'a' }), values: [2] }])
      await feeder.put([second])
      expect(await readAll(view, everything())).toEqual(plain(second.windows))
    })

    test('names what the windows of a start are: another name for whatever is put there', async () => {
      const range = { startMs: T0, endMs: T0 + 20_000 }
      const names = async () => new Map(await view.versions(range))
      expect(await names()).toEqual(new Map())
      await feeder.put([
        batch(T0, 0, reading(1), false),
        batch(T0 + 10_000, 1, reading(1)),
        batch(T0 + 20_000, 0, reading(1)),
      ])
      const first = await names()
      expect([...first.keys()].sort()).toEqual([T0, T0 + 10_000])
      expect(await names()).toEqual(first)
      await feeder.put([batch(T0, 0, reading(1, 2), false)])
      const second = await names()
      expect(second.get(T0)).not.toBe(first.get(T0))
      expect(second.get(T0 + 10_000)).toBe(first.get(T0 + 10_000))
      await feeder.put([batch(T0, 1, reading(3))])
      await feeder.put([batch(T0, 0, reading(1, 2))])
      const third = await names()
      expect(new Set([first, second, third].map((of) => of.get(T0))).size).toBe(3)
    })

    test('drops what is trimmed, says that it no longer covers it, and takes no more of it', async () => {
      await feeder.put([0, 10_000, 20_000].map((after) => batch(T0 + after, 0, reading(after))))
      await view.trim(T0 + 10_000)
      expect(Object.keys(await readAll(view, everything())).sort()).toEqual(['cpu{} @ 10000', 'cpu{} @ 20000'])
      await covered(T0 + 10_000)
      await feeder.put([batch(T0, 0, reading(7))])
      expect(Object.keys(await readAll(view, everything())).sort()).toEqual(['cpu{} @ 10000', 'cpu{} @ 20000'])
      await feeder.follow(0)
      await covered(T0 + 10_000)
    })

    test('goes on giving what a reader has begun to read while windows come and go', async () => {
      const batches = [0, 10_000, 20_000].map((after) =>
        batch(T0 + after, 0, [
          { series: cpu({ at: `${after}` }), values: [after] },
          { series: memory(), values: [after] },
        ]),
      )
      await feeder.put(batches)
      const seen = []
      for await (const windows of view.read(everything(['__name__', '=', 'memory']))) {
        seen.push(...windows.series.map(String))
        await view.trim(T0 + 20_000)
        await feeder.put([batch(T0 + 30_000, 0, [{ series: cpu({ at: 'new' }), values: [1] }])])
      }
      expect(new Set(seen)).toEqual(new Set(['memory{}']))
    })

    describe('covers', () => {
      test('nothing before every partition is fed', async () => {
        await covered(undefined)
        await view.follow(0, T0)
        await covered(undefined)
        await view.follow(1, T0)
        await covered(T0)
      })

      test('what is closed from when it was first fed, in the partition that was fed last', async () => {
        const first = await view.follow(0, T0)
        await view.follow(1, T0 + 30_000)
        await covered(T0 + 30_000)
        await first.put([batch(T0, 0, reading(1))], T0 + 10_000)
        await covered(T0 + 30_000)
      })

      test('everything there ever was if no window has been closed yet', async () => {
        await feeder.follow(0)
        await covered(0)
      })

      test('without a gap what the next one goes on to feed where the one before stopped, or replays', async () => {
        await feeder.follow(T0)
        await feeder.put([batch(T0, 0, reading(1)), batch(T0 + 10_000, 0, reading(2))])
        await view.follow(0, T0 + 20_000)
        await covered(T0)
        await view.follow(0, T0 + 10_000)
        await covered(T0)
      })

      test('nothing from before a gap: windows closed by whom the view did not hear of', async () => {
        await feeder.follow(T0)
        await feeder.put([batch(T0, 0, reading(1))])
        const next = await view.follow(0, T0 + 30_000)
        await covered(T0 + 30_000)
        await next.put([batch(T0 + 30_000, 0, reading(1))], T0 + 40_000)
        await covered(T0 + 30_000)
      })

      test('nothing from before a gap inside of what was replayed', async () => {
        await feeder.follow(T0)
        await feeder.put([batch(T0, 0, reading(1)), batch(T0 + 20_000, 0, reading(2))])
        // Replays from further back, and does not get its window into the view.
        await view.follow(0, T0 + 10_000)
        await view.follow(0, T0 + 20_000)
        await covered(T0 + 20_000)
      })
    })

    test('a partition is fed by the one who followed it last alone', async () => {
      await feeder.follow(T0)
      const before = feeder.of(0)
      const now = await view.follow(0, T0)
      await expect(before.put([batch(T0, 0, reading(1))], T0 + 10_000)).rejects.toThrow(unfed)
      await expect(before.beat()).rejects.toThrow(unfed)
      expect(await readAll(view, everything())).toEqual({})
      await now.put([batch(T0, 0, reading(2))], T0 + 10_000)
      await now.beat()
      await covered(T0)
    })
  })
}
