import { expect, test } from 'vitest'
import { encodeRecord } from '../schemas/log/record.js'
import { Kind } from '../schemas/points.js'
import type { Log, LogCommit, LogEntry, LogReader } from '../schemas/ports/log.js'
import type { Closing } from '../schemas/ports/speed-progress.js'
import type { HotStore, LiveView } from '../schemas/ports/window-store.js'
import { Series } from '../schemas/series/series.js'
import { startSpeedLayer } from './speed-layer.js'

const T0 = 1_767_225_600_000
const cpu = Series.of('cpu', {}, Kind.Sample)

/** A speed layer whose log hands over what the test says, and whose stores do what the test says. */
async function openSpeedLayer(options: {
  write?: () => Promise<void>
  put?: LiveView['put']
  note?: (closings: readonly Closing[]) => Promise<void>
}) {
  let reader: LogReader | undefined
  const commits: LogCommit[] = []
  const errors: string[] = []
  const log = {
    append: async () => undefined,
    bounds: async () => [{ partition: 0, start: 0, end: 0 }],
    consume: async (_topic: string, _group: string, given: LogReader) => {
      reader = given
      const commit = async (_partition: number, stored: LogCommit) => void commits.push(stored)
      return { commit, close: async () => undefined, ended: new Promise<void>(() => undefined) }
    },
  } as unknown as Log
  const speed = await startSpeedLayer({
    log,
    hot: { write: options.write ?? (async () => undefined) } as unknown as HotStore,
    live: { put: options.put ?? (async () => undefined) } as unknown as LiveView,
    late: { record: async () => undefined, forget: async () => undefined },
    progress: { note: options.note ?? (async () => undefined), forget: async () => undefined },
    rollups: [],
    rules: { latenessMs: 15_000, idleAfterMs: 30_000 },
    clock: () => T0,
    sleep: async () => undefined,
    onError: ({ message }) => void errors.push(message),
  })
  await reader?.assign(0, undefined)
  const read = (...entries: LogEntry[]) => reader?.read(0, entries)
  return { speed, read, commits, errors }
}

/** One point of `cpu`, received when it was made. */
function entry(offset: number, timeMs: number): LogEntry {
  const value = encodeRecord({
    ids: Uint32Array.of(cpu.idLow, cpu.idHigh),
    canonical: [cpu.canonical],
    pointCount: 1,
    seriesIndex: Uint32Array.of(0),
    timeMs: Float64Array.of(timeMs),
    value: Float64Array.of(1),
    receivedMs: timeMs,
  })
  return { offset, appendedMs: timeMs, value }
}

test('windows that could not be stored are never passed over by a later commit', async () => {
  const failures = [new Error('no such table')]
  const write = async () => {
    const failure = failures.pop()
    if (failure) throw failure
  }
  const { read, commits } = await openSpeedLayer({ write })
  await read(entry(0, T0))
  await expect(read(entry(1, T0 + 60_000))).rejects.toThrow('no such table')
  await expect(read(entry(2, T0 + 120_000))).rejects.toThrow('no such table')
  expect(commits).toEqual([])
})

test('notes how far windows were closed when the log had been read to an offset', async () => {
  const noted: Closing[] = []
  const { speed, read } = await openSpeedLayer({ note: async (closings) => void noted.push(...closings) })
  await read(entry(0, T0))
  await read(entry(1, T0 + 60_000))
  await speed.followClock()
  expect(noted).toEqual([
    { partition: 0, offset: 1, throughMs: T0 - 20_000 },
    { partition: 0, offset: 2, throughMs: T0 + 40_000 },
  ])
})

test('what could not be noted is told, holds nothing up, and is noted at the next turn', async () => {
  const noted: Closing[] = []
  const failures = [new Error('the catalog is away')]
  const note = async (closings: readonly Closing[]) => {
    const failure = failures.pop()
    if (failure) throw failure
    noted.push(...closings)
  }
  const { speed, read, errors, commits } = await openSpeedLayer({ note })
  await read(entry(0, T0))
  await speed.followClock()
  expect(errors).toHaveLength(1)
  await read(entry(1, T0 + 60_000))
  expect(commits).toHaveLength(1)
  await speed.followClock()
  expect(noted.map(({ offset }) => offset)).toEqual([1, 2])
})

test('an open window that the live view did not take is given to it again', async () => {
  const failures = [new Error('out of memory')]
  const given: number[] = []
  const put: LiveView['put'] = async (batches) => {
    const failure = failures.pop()
    if (failure) throw failure
    given.push(...batches.map(({ startMs }) => startMs))
  }
  const { speed, read, errors } = await openSpeedLayer({ put })
  await read(entry(0, T0))
  await speed.flushProvisional()
  expect(errors).toHaveLength(1)
  await speed.flushProvisional()
  await speed.flushProvisional()
  expect(given).toEqual([T0 - 10_000])
})
