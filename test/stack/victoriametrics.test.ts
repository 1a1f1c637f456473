import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { createVictoriaMetricsHotStore } from '../../adapters/victoriametrics/hot-store.js'
import { loadConfig } from '../../schemas/config/load.js'
import type { Config } from '../../schemas/config/schema.js'
import { asTidemarkError } from '../../schemas/errors.js'
import { Kind } from '../../schemas/points.js'
import type { HotStore } from '../../schemas/ports/window-store.js'
import { Series } from '../../schemas/series/series.js'
import type { WindowBatch } from '../../schemas/windows/columns.js'
import { eventually } from '../contract/eventually.js'
import { type HotStoreHarness, hotStoreContract } from '../contract/hot-store.contract.js'
import { batch, cpu, everything, matching, plain, readAll, T0 } from '../contract/window-fixtures.js'
import { flush, VictoriaMetricsServer } from './victoriametrics-server.js'

/** A hot store of a name of its own, so that many share a server. */
function open(settings: Partial<Config['victoriametrics']>, keptMs = Number.POSITIVE_INFINITY): HotStore {
  const config = loadConfig({ env: {} })
  Object.assign(config.victoriametrics, { name: randomUUID() }, settings)
  return createVictoriaMetricsHotStore(config, {
    keptMs,
    clock: Date.now,
    random: Math.random,
    sleep: (ms) => sleep(ms),
    onError: (error) => {
      throw error
    },
  })
}

function harnessOf(url: string): HotStoreHarness {
  const settings = { url, name: randomUUID() }
  let store = shownAtOnce(open(settings), url)
  return {
    store,
    reopen: async () => {
      await store.close()
      store = shownAtOnce(open(settings), url)
      return store
    },
    close: () => store.close(),
  }
}

/** The store on a server that is told before each read to show what it has: it would do so in a few seconds. */
function shownAtOnce(store: HotStore, url: string): HotStore {
  return {
    visibleAfterMs: store.visibleAfterMs,
    write: (batches) => store.write(batches),
    trim: (beforeMs) => store.trim(beforeMs),
    close: () => store.close(),
    async *read(selection) {
      await flush(url)
      yield* store.read(selection)
    },
    async series(selection) {
      await flush(url)
      return store.series(selection)
    },
  }
}

hotStoreContract('VictoriaMetrics', async () => harnessOf(inject('stack').victoriametrics.url ?? ''))

describe.each([
  ['that drops samples of equal times', '-dedup.minScrapeInterval=1ms'],
  ['that keeps a sample in three seconds', '-dedup.minScrapeInterval=3s'],
  ['that keeps a sample in ten seconds', '-dedup.minScrapeInterval=10s'],
])('a server %s', (name, flag) => {
  let server: VictoriaMetricsServer
  beforeAll(async () => {
    server = await VictoriaMetricsServer.start(flag)
  })
  afterAll(() => server.remove())

  hotStoreContract(`VictoriaMetrics ${name}`, async () => harnessOf(server.url))
})

test('a server that keeps less than a sample a window is refused', async () => {
  const server = await VictoriaMetricsServer.start('-dedup.minScrapeInterval=15s')
  try {
    const store = open({ url: server.url })
    const writing = store.write([batch(T0, 0, [{ series: cpu(), values: [1] }])])
    await expect(writing).rejects.toMatchObject({ code: 'TM_HOTSTORE_REFUSED', retriable: false })
    await store.close()
  } finally {
    await server.remove()
  }
})

test('gives nothing older than it is to keep', async () => {
  const url = inject('stack').victoriametrics.url ?? ''
  const nowMs = Math.floor(Date.now() / 10_000) * 10_000
  const [old, young] = [7_200_000, 600_000].map((ageMs) =>
    batch(nowMs - ageMs, 0, [{ series: cpu(), values: [ageMs] }]),
  )
  const store = shownAtOnce(open({ url }, 3_600_000), url)
  await store.write([old, young])
  expect(await readAll(store, { startMs: 0, endMs: nowMs, matchers: [] })).toEqual(plain(young.windows))
  await store.close()
})

test('a server that was told to thin out what it has is not taken for one that has nothing', async () => {
  const server = await VictoriaMetricsServer.start()
  try {
    const store = open({ url: server.url })
    const written = batch(T0, 0, [{ series: cpu(), values: [1, 2] }])
    await store.write([written])
    await server.end('SIGTERM')
    await server.start(['-dedup.minScrapeInterval=10s'])
    const reading = () => readAll(store, { startMs: T0, endMs: T0 + 10_000, matchers: [] })
    expect(await reading()).toEqual(plain(written.windows))
    await fetch(`${server.url}/internal/force_merge`)
    await eventually(() =>
      expect(reading()).rejects.toMatchObject({
        code: 'TM_HOTSTORE_UNAVAILABLE',
        message: expect.stringContaining('-dedup.minScrapeInterval'),
      }),
    )
    await store.close()
  } finally {
    await server.remove()
  }
})

describe('of the server', () => {
  let server: VictoriaMetricsServer
  let store: HotStore
  beforeAll(async () => {
    server = await VictoriaMetricsServer.start()
  })
  afterAll(() => server.remove())

  /** Writes as the speed layer does: until it is done. */
  async function writeUntilDone(batches: readonly WindowBatch[]): Promise<number> {
    for (let tries = 1; ; tries++) {
      try {
        await store.write(batches)
        return tries
      } catch (thrown) {
        if (!asTidemarkError(thrown).retriable) throw thrown
        await sleep(50)
      }
    }
  }

  const windowsOf = (i: number) =>
    batch(T0 + i * 10_000, i % 2, [
      { series: cpu({ host: 'a', p: `${i % 2}` }), values: [i, i + 1] },
      { series: cpu({ host: `h${i}` }), values: [i] },
    ])

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'a halt by %s during writes holds the writer up, and nothing that was written is lost',
    async (signal) => {
      store = open({ url: server.url })
      const batches = Array.from({ length: 40 }, (_, i) => windowsOf(i))
      let tries = 0
      const writing = (async () => {
        for (const one of batches) tries += await writeUntilDone([one])
      })()
      await sleep(300)
      await server.end(signal)
      await sleep(6000)
      await server.start()
      await writing
      expect(tries).toBeGreaterThan(batches.length)
      await eventually(async () =>
        expect(await readAll(store, everything())).toEqual(plain(...batches.map((one) => one.windows))),
      )
      await store.close()
    },
  )

  test.each([0, 700, 2500])('a kill %d ms after the last write loses nothing that was written', async (afterMs) => {
    store = open({ url: server.url })
    const written: WindowBatch[] = []
    const write = async (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        written.push(windowsOf(i))
        await writeUntilDone(written.slice(-1))
      }
    }
    await write(0, 30)
    await sleep(afterMs)
    await server.end('SIGKILL')
    await server.start()
    await write(30, 32)
    await eventually(async () =>
      expect(await readAll(store, everything())).toEqual(plain(...written.map((one) => one.windows))),
    )
    await store.close()
  })

  test('what a killed server forgot comes back without another write', async () => {
    store = open({ url: server.url })
    const written = windowsOf(0)
    await store.write([written])
    await server.end('SIGKILL')
    await server.start()
    await eventually(async () => expect(await readAll(store, everything())).toEqual(plain(written.windows)), 20_000)
    await store.close()
  })

  test('while it is away writing and reading fail, and may be tried again', async () => {
    store = open({ url: server.url })
    await server.end('SIGTERM')
    const unavailable = { code: 'TM_HOTSTORE_UNAVAILABLE', retriable: true }
    await expect(store.write([windowsOf(0)])).rejects.toMatchObject(unavailable)
    await expect(readAll(store, everything())).rejects.toMatchObject(unavailable)
    await expect(store.series(everything())).rejects.toMatchObject(unavailable)
    await server.start()
    await store.write([windowsOf(0)])
    await eventually(async () => expect(await readAll(store, everything())).toEqual(plain(windowsOf(0).windows)))
    await store.close()
  })

  test('windows of many hours are read across them, also those that came out of order', async () => {
    store = open({ url: server.url })
    const HOUR = 3_600_000
    const atHour = (hour: number, minute: number) => {
      const readings = Array.from({ length: 30 }, (_, i) => ({
        series: cpu({ host: `${hour + i}`, core: `${i % 2}` }),
        values: [hour, minute, i],
      }))
      return batch(T0 - hour * HOUR + minute * 60_000, 0, readings)
    }
    const inTurn = Array.from({ length: 72 }, (_, i) => atHour(23 - Math.floor(i / 3), (i % 3) * 3))
    const late = [20, 3, 11].map((hour) => atHour(hour, 1))
    for (const one of [...inTurn, ...late]) await store.write([one])
    await store.write([inTurn[5], atHour(0, 5)])
    const all = [...inTurn, ...late, atHour(0, 5)]
    await flush(server.url)
    const range = { startMs: T0 - 24 * HOUR, endMs: T0 + HOUR }
    expect(await readAll(store, { ...range, matchers: [] })).toEqual(plain(...all.map((one) => one.windows)))
    const named = matching(['__name__', '=', 'cpu'], ['host', '=', '20'])
    const one = plain(...all.map((written) => written.windows))
    for (const key of Object.keys(one)) if (!key.includes('host="20"')) delete one[key]
    expect(Object.keys(one).length).toBeGreaterThan(40)
    expect(await readAll(store, { ...range, matchers: named })).toEqual(one)
    const seriesIn = async (startMs: number, endMs: number) =>
      (await store.series({ startMs, endMs, matchers: [] })).map((series) => series.label('host'))
    const hosts = (from: number) => Array.from({ length: 30 }, (_, i) => `${from + i}`)
    expect(new Set(await seriesIn(range.startMs, range.endMs))).toEqual(new Set([...hosts(0), ...hosts(23)]))
    expect((await seriesIn(T0 - 10 * HOUR, T0 - 10 * HOUR + 1)).sort()).toEqual(
      expect.arrayContaining(hosts(10).sort()),
    )
    await store.close()
  })

  test('a process that takes a partition over, and hands it back, replaces what the other wrote', async () => {
    const name = randomUUID()
    store = open({ url: server.url, name })
    const other = open({ url: server.url, name })
    const versions = Array.from({ length: 5 }, (_, i) =>
      batch(T0, 0, [
        { series: cpu({ host: 'a' }), values: [i, i + 1] },
        { series: cpu({ host: `only ${i}` }), values: [i] },
      ]),
    )
    for (const [i, version] of versions.entries()) {
      await (i % 2 === 0 ? store : other).write([version])
      await sleep(2)
      await flush(server.url)
      for (const reader of [store, other]) {
        expect(await readAll(reader, everything())).toEqual(plain(version.windows))
      }
    }
    await store.close()
    await other.close()
  })

  test('a thousand windows and more go in one request, however many partitions they come from', async () => {
    store = open({ url: server.url })
    const requests = () => server.metric('vm_http_requests_total{path="/api/v1/write", protocol="promremotewrite"}')
    // It counts anew once a second.
    await sleep(1100)
    const before = await requests()
    const batches = Array.from({ length: 100 }, (_, partition) =>
      batch(
        T0,
        partition,
        Array.from({ length: 50 }, (_, i) => ({ series: cpu({ i: `${i}`, p: `${partition}` }), values: [i] })),
      ),
    )
    await Promise.all(batches.map((one) => store.write([one])))
    let made = 0
    await eventually(async () => {
      made = (await requests()) - before
      expect(made).toBeGreaterThan(0)
    })
    expect(made).toBeLessThanOrEqual(5)
    await flush(server.url)
    expect(await readAll(store, everything())).toEqual(plain(...batches.map((one) => one.windows)))
    await store.close()
  })

  test('people see the last value of samples at its time, and what events come to at the end of their window', async () => {
    store = open({ url: server.url, name: 'people' })
    const counter = Series.of('orders', { host: 'a' }, Kind.EventCounter)
    const timer = Series.of('checkout', { host: 'a' }, Kind.EventTimer)
    await store.write([
      batch(T0, 0, [
        { series: cpu({ host: 'a' }), values: [0.1 + 0.2] },
        { series: cpu({ host: 'b' }), values: [1, 5, 3] },
        { series: cpu({ host: 'nan' }), values: [Number.NaN] },
        { series: counter, values: [2] },
        { series: timer, values: [1, 3] },
      ]),
    ])
    const seen = await server.points('{tidemark="people",__name__!~"tidemark.*"}')
    expect(seen).toMatchObject({
      'cpu a': [[T0 + 1000, 0.3]],
      'cpu b': [[T0 + 3000, 3]],
      'cpu:count b': [[T0 + 10_000, 3]],
      'cpu:sum b': [[T0 + 10_000, 9]],
      'cpu:min b': [[T0 + 10_000, 1]],
      'cpu:max b': [[T0 + 10_000, 5]],
      'orders a': [[T0 + 10_000, 2]],
      'orders:count a': [[T0 + 10_000, 1]],
      'checkout a': [[T0 + 10_000, 2]],
    })
    expect(seen['cpu:p99 b'][0][1]).toBeCloseTo(5, 1)
    expect(Object.keys(seen)).not.toContain('cpu:count a')
    expect(Object.keys(seen)).not.toContain('cpu nan')
    await store.close()
  })

  test('people see that a series is gone', async () => {
    store = open({ url: server.url, name: 'stale' })
    await store.write([batch(T0, 0, [{ series: cpu({ host: 'a' }), values: [4, Number.NaN], stale: 1 }])])
    await flush(server.url)
    const ask = async (ms: number) => {
      const query = new URLSearchParams({ query: 'cpu{tidemark="stale"}', time: `${ms / 1000}` })
      return (await (await fetch(`${server.url}/api/v1/query?${query}`)).json()) as { data: { result: unknown[] } }
    }
    expect((await ask(T0 + 2500)).data.result).toEqual([])
    await store.close()
  })

  test('people are shown only the parts that were asked for', async () => {
    const written = batch(T0, 0, [{ series: cpu({ host: 'a' }), values: [1, 2] }])
    store = open({ url: server.url, name: 'none', parts: [] })
    await store.write([written])
    await store.close()
    expect(await server.points('{tidemark="none",__name__!~"tidemark.*"}')).toEqual({})
    store = open({ url: server.url, name: 'max', parts: ['max'] })
    await store.write([written])
    await store.close()
    expect(Object.keys(await server.points('{tidemark="max",__name__!~"tidemark.*"}'))).toEqual(['cpu:max a'])
  })
})
