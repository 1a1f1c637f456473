import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ChangeListener, WindowChanges } from '../../schemas/ports/window-changes.js'
import type { LiveView } from '../../schemas/ports/window-store.js'
import { metricHash } from '../../schemas/series/metric-hash.js'
import { eventually } from './eventually.js'
import { Feeder } from './feeder.js'
import { batch, cpu, memory, T0 } from './window-fixtures.js'

/** An empty live view of one partition, and what tells of its changes. */
export interface ChangesHarness {
  view: Pick<LiveView, 'follow'>
  changes: WindowChanges
  /** Breaks the connection that changes come over; it can be made again at once. Left out where there is none. */
  interrupt?(): Promise<void>
  close(): Promise<void>
}

/** Notes what it is told, one entry a change. */
class Witness implements ChangeListener {
  readonly told: string[] = []

  changed(metrics: Uint32Array): void {
    const names = ['cpu', 'memory', 'disk'].filter((name) => metrics.includes(metricHash(name)))
    this.told.push(`${names.join(' and ')} of ${metrics.length}`)
  }

  missed(): void {
    this.told.push('missed')
  }
}

/**
 * What every WindowChanges keeps.
 * @param isConnected true if changes come over a connection, which can break
 */
export function windowChangesContract(name: string, isConnected: boolean, open: () => Promise<ChangesHarness>): void {
  describe(`window changes: ${name}`, () => {
    let harness: ChangesHarness
    let feeder: Feeder
    let witness: Witness
    beforeEach(async () => {
      harness = await open()
      feeder = new Feeder(harness.view, 1)
      witness = new Witness()
    })
    afterEach(() => harness.close())
    const put = (closed: boolean, ...series: (typeof cpu)[]) =>
      feeder.put([
        batch(
          T0,
          0,
          series.map((of) => ({ series: of({ host: 'a' }), values: [1] })),
          closed,
        ),
      ])
    const told = (...changes: string[]) => eventually(() => expect(witness.told).toEqual(changes))

    test('tells which metrics have windows that were put, open and closed ones', async () => {
      await harness.changes.watch(witness)
      await put(false, cpu)
      await told('cpu of 1')
      await put(true, cpu, memory)
      await told('cpu of 1', 'cpu and memory of 2')
    })

    test('tells nothing where nothing was put', async () => {
      await harness.changes.watch(witness)
      await put(true, cpu)
      await feeder.put([])
      await feeder.of(0).beat()
      await put(true, memory)
      await told('cpu of 1', 'memory of 1')
    })

    test('tells all who watch, each until its watch is closed', async () => {
      const other = new Witness()
      const watch = await harness.changes.watch(other)
      await harness.changes.watch(witness)
      await put(false, cpu)
      await told('cpu of 1')
      await eventually(() => expect(other.told).toEqual(['cpu of 1']))
      await watch.close()
      await put(false, memory)
      await told('cpu of 1', 'memory of 1')
      expect(other.told).toEqual(['cpu of 1'])
    })

    test.runIf(isConnected)('says that changes may have been missed when its connection was broken', async () => {
      await harness.changes.watch(witness)
      await harness.interrupt?.()
      await told('missed')
      await put(false, cpu)
      await told('missed', 'cpu of 1')
    })
  })
}
