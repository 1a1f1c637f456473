import { describe, expect, test } from 'vitest'
import type { AnomalyRule } from '../schemas/config/anomaly.js'
import { TidemarkError } from '../schemas/errors.js'
import { encodeDictionary } from '../schemas/log/dictionary.js'
import { encodeRecord } from '../schemas/log/record.js'
import { Kind } from '../schemas/points.js'
import type { Log, LogCommit, LogEntry, LogReader } from '../schemas/ports/log.js'
import type { Closing } from '../schemas/ports/speed-progress.js'
import type { HotStore, LiveFeed, LiveView } from '../schemas/ports/window-store.js'
import { Series } from '../schemas/series/series.js'
import type { WindowBatch } from '../schemas/windows/columns.js'
import { startSpeedLayer } from './speed-layer.js'

const T0 = 1_767_225_600_000
const cpu = Series.of('cpu', {}, Kind.Sample)

/** A speed layer whose log hands over what the test says, and whose stores do what the test says. */
async function openSpeedLayer(options: {
  write?: (batches: readonly WindowBatch[]) => Promise<void>
  append?: Log['append']
  rules?: AnomalyRule[]
  live?: Pick<LiveView, 'follow'>
  note?: (closings: readonly Closing[]) => Promise<void>
  /** Offset after the last record of the log. */
  end?: number
  visibleAfterMs?: number
  clock?: () => number
}) {
  const claims: number[] = []
  let reader: LogReader | undefined
  const commits: LogCommit[] = []
  const errors: string[] = []
  const log = {
    append: options.append ?? (async () => undefined),
    bounds: async () => [{ partition: 0, start: 0, end: options.end ?? 0 }],
    consume: async (_topic: string, _group: string, given: LogReader) => {
      reader = given
      const commit = async (_partition: number, stored: LogCommit) => void commits.push(stored)
      return { commit, close: async () => undefined, ended: new Promise<void>(() => undefined) }
    },
  } as unknown as Log
  const speed = await startSpeedLayer({
    log,
    hot: {
      visibleAfterMs: options.visibleAfterMs ?? 0,
      write: options.write ?? (async () => undefined),
      async *read() {},
    } as unknown as HotStore,
    live: (options.live ?? new TestLiveView()) as LiveView,
    late: { record: async () => undefined, forget: async () => undefined },
    progress: {
      note: options.note ?? (async () => undefined),
      forget: async () => undefined,
      complete: async (given) => void claims.push(...given.map(({ throughMs }) => throughMs - T0)),
    },
    rollups: [],
    anomaly: options.rules && {
      rules: options.rules,
      maxSeries: 10,
      patterns: { storedAfter: async (seq) => ({ seq, trained: [] }) },
    },
    rules: { latenessMs: 15_000, idleAfterMs: 30_000 },
    clock: options.clock ?? (() => T0),
    sleep: async () => undefined,
    onError: ({ message }) => void errors.push(message),
  })
  const assign = async (partition: number, committed: LogCommit | undefined) => reader?.assign(partition, committed)
  await assign(0, undefined)
  const read = (...entries: LogEntry[]) => reader?.read(0, entries)
  return { speed, assign, read, commits, errors, claims }
}

/** One point of `cpu`, received when it was made. */
function entry(offset: number, timeMs: number): LogEntry {
  const value = encodeRecord({
    dictionary: encodeDictionary([cpu]),
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

test('says that windows are closed once every reader of the hot store sees them', async () => {
  const noted: Closing[] = []
  let nowMs = T0
  const { speed, read } = await openSpeedLayer({
    note: async (closings) => void noted.push(...closings),
    visibleAfterMs: 5_000,
    clock: () => nowMs,
  })
  await read(entry(0, T0))
  nowMs += 4_999
  await speed.followClock()
  expect(noted).toEqual([])
  nowMs += 1
  await speed.followClock()
  expect(noted).toEqual([{ partition: 0, offset: 1, throughMs: T0 - 20_000 }])
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

/** A live view that notes what it is told, and fails as often as the test says. */
class TestLiveView implements Pick<LiveView, 'follow'> {
  failures = 0
  readonly told: string[] = []

  async follow(partition: number, closedThroughMs: number): Promise<LiveFeed> {
    this.#answer()
    this.told.push(`follow ${partition} ${seconds(closedThroughMs)}`)
    return {
      put: async (batches, throughMs) => {
        this.#answer()
        const windows = batches.map(({ startMs, closed }) => `${closed ? 'closed' : 'open'} ${seconds(startMs)}`)
        this.told.push([...windows, `through ${seconds(throughMs)}`].join(', '))
      },
      beat: async () => {
        this.#answer()
        this.told.push('beat')
      },
    }
  }

  #answer(): void {
    if (this.failures === 0) return
    this.failures--
    throw new TidemarkError('TM_LIVEVIEW_UNAVAILABLE', { reason: 'out of memory' })
  }
}

const seconds = (ms: number) => `${(ms - T0) / 1000} s`

describe('the live view', () => {
  test('is told what is open, what is closed, and up to when, before that is committed', async () => {
    const live = new TestLiveView()
    const { speed, read, commits } = await openSpeedLayer({ live })
    await read(entry(0, T0))
    await speed.flushProvisional()
    await read(entry(1, T0 + 60_000))
    await speed.followClock()
    expect(live.told).toEqual([
      'follow 0 -10 s',
      'through -10 s',
      'open -10 s, through -10 s',
      'closed -10 s, through 40 s',
      'beat',
    ])
    expect(commits).toHaveLength(1)
  })

  test('that fails holds nothing up, is reported once, and then told again how far windows are closed', async () => {
    const live = new TestLiveView()
    const { speed, read, commits, errors } = await openSpeedLayer({ live })
    await read(entry(0, T0))
    live.failures = 3
    await read(entry(1, T0 + 60_000))
    await speed.followClock()
    await read(entry(2, T0 + 120_000))
    expect(commits).toHaveLength(2)
    expect(errors).toHaveLength(1)
    live.told.length = 0
    await speed.followClock()
    expect(live.told).toEqual(['follow 0 100 s', 'through 100 s'])
    live.failures = 1
    await speed.followClock()
    expect(errors).toHaveLength(2)
  })

  test('that did not take an open window is given it again', async () => {
    const live = new TestLiveView()
    const { speed, read } = await openSpeedLayer({ live })
    await read(entry(0, T0))
    live.failures = 1
    live.told.length = 0
    await speed.flushProvisional()
    await speed.flushProvisional()
    await speed.flushProvisional()
    expect(live.told).toEqual(['follow 0 -10 s', 'through -10 s', 'open -10 s, through -10 s'])
  })

  test('goes on from where the commit before a restart says windows were closed', async () => {
    const live = new TestLiveView()
    const { assign } = await openSpeedLayer({ live })
    live.told.length = 0
    await assign(0, { offset: 3, metadata: '{"watermarkMs":1767225625000,"appliedTo":5}' })
    expect(live.told[0]).toBe('follow 0 20 s')
  })
})

describe('windows are said to be complete', () => {
  test('up to the lateness before now, while the log holds nothing that was not read', async () => {
    const { speed, claims } = await openSpeedLayer({})
    await speed.followClock()
    await speed.flushProvisional()
    expect(claims).toEqual([-15_000])
  })

  test('no further than what was read, where the log holds more', async () => {
    const { speed, read, claims } = await openSpeedLayer({ end: 2 })
    await read(entry(0, T0 - 40_000))
    await speed.flushProvisional()
    await speed.followClock()
    // What is closed, and no more.
    expect(claims).toEqual([-60_000])
    await read(entry(1, T0 - 30_000))
    await speed.flushProvisional()
    expect(claims.at(-1)).toBe(-45_000)
    await speed.followClock()
    await speed.flushProvisional()
    expect(claims.at(-1)).toBe(-15_000)
  })

  test('and nothing is shown of windows that another process showed before, until as much is known of them', async () => {
    const live = new TestLiveView()
    const open = () => live.told.filter((text) => text.startsWith('open')).length
    const { speed, read } = await openSpeedLayer({ end: 2, live })
    await read(entry(0, T0 - 5_000))
    await speed.flushProvisional()
    expect(open()).toBe(0)
    await read(entry(1, T0 - 4_000))
    await speed.flushProvisional()
    expect(open()).toBe(1)
  })

  test('as far as they are closed and stored, where the live view takes none', async () => {
    const live = { follow: () => Promise.reject(new TidemarkError('TM_LIVEVIEW_UNAVAILABLE', { reason: 'away' })) }
    const { speed, read, claims } = await openSpeedLayer({ live, end: 2 })
    await read(entry(0, T0 - 40_000))
    await read(entry(1, T0 - 12_000))
    await speed.flushProvisional()
    await speed.followClock()
    expect(claims.at(-1)).toBe(-30_000)
  })
})

describe('scores of anomalies', () => {
  const rules: AnomalyRule[] = [{ match: { __name__: 'cpu' }, detector: 'ewma' }]

  /** Forty windows of `cpu`, and what was done about them, in order. */
  async function scored() {
    const steps: string[] = []
    const appended: Uint8Array[] = []
    const write = async (batches: readonly WindowBatch[]) => {
      for (const { windows } of batches) steps.push(`write ${windows.series.map(({ metric }) => metric).join(' ')}`)
    }
    const append: Log['append'] = async (topic, records) => {
      steps.push(`append ${topic}`)
      if (topic === 'tidemark.points') appended.push(...records.map(({ value }) => value))
    }
    const layer = await openSpeedLayer({ write, append, rules })
    for (let i = 0; i < 40; i++) await layer.read(entry(i, T0 + i * 10_000))
    return { ...layer, steps, appended }
  }

  test('are stored with the windows that they judge, and are in the log before the position is committed', async () => {
    const { steps, commits } = await scored()
    expect(steps.slice(-3)).toEqual([
      'write cpu anomaly_score anomaly_lower anomaly_upper',
      'append tidemark.windows',
      'append tidemark.points',
    ])
    expect(steps.slice(0, 2)).toEqual(['write cpu', 'append tidemark.windows'])
    expect(commits.length).toBeGreaterThan(30)
  })

  test('that come back from the log are passed over: they are in the views already, and move no watermark', async () => {
    const { read, speed, appended, steps } = await scored()
    const before = (await speed.status())[0]
    const stepsBefore = steps.length
    await read(...appended.map((value, i): LogEntry => ({ offset: 40 + i, appendedMs: T0, value })))
    expect(steps.length).toBe(stepsBefore)
    expect((await speed.status())[0]).toMatchObject({
      watermarkMs: before.watermarkMs,
      openWindows: before.openWindows,
      latePoints: 0,
    })
    await read(entry(60, T0 + 400_000))
    expect(steps.length).toBeGreaterThan(stepsBefore)
  })
})
