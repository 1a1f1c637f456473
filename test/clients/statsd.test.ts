import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import StatsD from 'hot-shots'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { decodedPoints } from './decoded.js'
import { type ClientStage, openStage } from './stage.js'
import { asLines } from './stored-points.js'

const NOW = 1_767_225_601_000
let stage: ClientStage
let nowMs: number

beforeEach(async () => {
  nowMs = NOW
  stage = await openStage(() => nowMs)
})
afterEach(async () => {
  vi.restoreAllMocks()
  await stage.close()
})

type ClientSettings = ConstructorParameters<typeof StatsD>[0]

function connect(settings: ClientSettings = {}): InstanceType<typeof StatsD> {
  const port = settings.protocol === 'tcp' ? stage.tcpPort : stage.udpPort
  return new StatsD({ host: '127.0.0.1', port, includeDataDogTags: false, ...settings })
}

const close = (client: InstanceType<typeof StatsD>) =>
  new Promise<void>((resolve, reject) => client.close((error) => (error ? reject(error) : resolve())))

/** Calls one method of the client a promise waits for. */
const sent = (send: (done: (error?: Error) => void) => void) =>
  new Promise<void>((resolve, reject) => send((error) => (error ? reject(error) : resolve())))

describe.each(['udp', 'tcp'] as const)('hot-shots over %s', (protocol) => {
  test('sends every type it knows, with global tags and tags of its own', async () => {
    const client = connect({ protocol, globalTags: { env: 'prod' }, prefix: 'shop.', cacheDns: false })
    await sent((done) => client.increment('orders', 3, { country: 'se' }, done))
    await sent((done) => client.decrement('stock', 2, done))
    await sent((done) => client.gauge('queue-length', 12.5, done))
    await sent((done) => client.gaugeDelta('queue-length', -2.5, done))
    await sent((done) => client.gaugeDelta('queue-length', 4, done))
    await sent((done) => client.timing('checkout', 250, done))
    await sent((done) => client.histogram('basket', 7, done))
    await sent((done) => client.distribution('payload', 1024, ['route:/pay'], done))
    await sent((done) => client.set('users', 'ann', done))
    await sent((done) => client.set('users', 'bob', done))
    await sent((done) => client.unique('users', 'ann', done))
    await stage.pointsOnceThereAre(8)
    await close(client)
    nowMs = NOW + 10_000
    expect(asLines(await stage.pointsOnceThereAre(9), NOW)).toEqual([
      'shop_basket{env="prod"} = 7 @0 timer',
      'shop_checkout{env="prod"} = 0.25 @0 timer',
      'shop_orders{country="se",env="prod"} = 3 @0 counter',
      'shop_payload{env="prod",route="/pay"} = 1024 @0 timer',
      'shop_queue_length{env="prod"} = 12.5 @0',
      'shop_queue_length{env="prod"} = 10 @1',
      'shop_queue_length{env="prod"} = 14 @2',
      'shop_stock{env="prod"} = -2 @0 counter',
      'shop_users{env="prod"} = 2 @9000',
    ])
    expect(stage.refused()).toBe(0)
  })

  test('gathers lines in a buffer: one datagram or chunk of many lines', async () => {
    const client = connect({ protocol, maxBufferSize: 1200, bufferFlushInterval: 20 })
    for (let i = 0; i < 500; i++) client.increment('hits', 1, { worker: String(i % 5) })
    await sent((done) => client.flush(done))
    const points = await stage.pointsOnceThereAre(500)
    await close(client)
    expect(points).toHaveLength(500)
    expect(new Set(points.map(({ series }) => series)).size).toBe(5)
    expect(points.every(({ value, kind }) => value === 1 && kind === 'counter')).toBe(true)
  })
})

describe('hot-shots', () => {
  test('samples: what it kept counts for as many as it stands for', async () => {
    let turn = 0
    vi.spyOn(Math, 'random').mockImplementation(() => (turn++ % 4 === 0 ? 0.1 : 0.9))
    const client = connect({ maxBufferSize: 1200 })
    for (let i = 0; i < 20; i++) client.increment('hits', 2, 0.25)
    for (let i = 0; i < 20; i++) client.timing('load', 40, 0.25)
    for (let i = 0; i < 20; i++) client.gauge('level', i, 0.25)
    await close(client)
    const points = await stage.pointsOnceThereAre(15)
    expect(points.filter(({ series }) => series.startsWith('hits'))).toEqual(
      Array(5).fill({ series: 'hits{}', kind: 'counter', timeMs: NOW, value: 8, weight: 1 }),
    )
    expect(points.filter(({ series }) => series.startsWith('load'))).toEqual(
      Array(5).fill({ series: 'load{}', kind: 'timer', timeMs: NOW, value: 0.04, weight: 4 }),
    )
    expect(points.filter(({ series }) => series.startsWith('level')).map(({ value }) => value)).toEqual([
      0, 4, 8, 12, 16,
    ])
  })

  test('sums up by itself before it sends', async () => {
    const client = connect({ aggregation: { flushInterval: 50 } })
    for (let i = 1; i <= 10; i++) {
      client.increment('summed', i, { route: '/a' })
      client.gauge('last', i)
      client.distribution('each', i)
    }
    await close(client)
    expect(asLines(await stage.pointsOnceThereAre(12), NOW)).toEqual([
      ...Array.from({ length: 10 }, (_, i) => `each{} = ${i + 1} @0 timer`),
      'last{} = 10 @0',
      'summed{route="/a"} = 55 @0 counter',
    ])
  })

  test('names the time of a point, and who it comes from', async () => {
    const client = connect({
      cardinality: 'low',
      containerID: 'ci-1234',
      datadog: true,
      includeDatadogTelemetry: false,
    })
    client.increment('dated', 1, { timestamp: new Date(NOW - 60_000), tags: { a: 'b:c' } })
    client.gauge('dated.gauge', 2.5, { timestamp: (NOW - 30_000) / 1000 })
    await close(client)
    expect(asLines(await stage.pointsOnceThereAre(2), NOW)).toEqual([
      'dated_gauge{container_id="ci-1234"} = 2.5 @-30000',
      'dated{a="b:c",container_id="ci-1234"} = 1 @-60000 counter',
    ])
    expect(stage.refused()).toBe(0)
  })

  test('sends events and service checks, which are no points, between its lines', async () => {
    const client = connect()
    client.event('deploy', 'version 2\nis out', { alert_type: 'info' }, ['env:prod'])
    client.check('db', client.CHECKS.OK, { message: 'all well' })
    client.increment('after')
    await close(client)
    expect(asLines(await stage.pointsOnceThereAre(1), NOW)).toEqual(['after{} = 1 @0 counter'])
    expect(stage.refused()).toBe(0)
  })

  test('for Telegraf writes its tags as Influx does', async () => {
    const client = connect({ telegraf: true, globalTags: { env: 'prod' } })
    client.increment('pages.views', 5, { route: 'home' })
    client.timing('render', 12)
    await close(client)
    expect(asLines(await stage.pointsOnceThereAre(2), NOW)).toEqual([
      'pages_views{env="prod",route="home"} = 5 @0 counter',
      'render{env="prod"} = 0.012 @0 timer',
    ])
  })

  test('tag values beyond ASCII arrive as they were', async () => {
    const client = connect()
    client.gauge('temperatur', 21, { ort: 'Zürich 東京', 'key with space': 'x y' })
    await close(client)
    expect(asLines(await stage.pointsOnceThereAre(1), NOW)).toEqual([
      'temperatur{key_with_space="x y",ort="Zürich 東京"} = 21 @0',
    ])
  })

  test('sends datagrams that `tidemark decode` understands', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const client = connect({ port: socket.address().port, maxBufferSize: 1200, globalTags: { env: 'prod' } })
    client.increment('orders', 3)
    client.timing('checkout', 250, 1)
    client.set('users', 'ann')
    const received = once(socket, 'message')
    await close(client)
    const [body] = (await received) as [Buffer]
    socket.close()
    expect(asLines(await decodedPoints([{ url: '/', headers: {}, body }], 'statsd', () => NOW), NOW)).toEqual([
      'checkout{env="prod"} = 0.25 @0 timer',
      'orders{env="prod"} = 3 @0 counter',
      'users{env="prod"} = 1 @9000',
    ])
  })
})
