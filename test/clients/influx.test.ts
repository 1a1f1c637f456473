import { InfluxDB as InfluxDB2, Point, setLogger, type WriteApi } from '@influxdata/influxdb-client'
import { FieldType, InfluxDB as InfluxDB1 } from 'influx'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { decodedPoints } from './decoded.js'
import { type ClientStage, openStage } from './stage.js'
import { asLines } from './stored-points.js'

const NOW = 1_767_225_601_234
let stage: ClientStage

beforeEach(async () => {
  setLogger({ error: () => undefined, warn: () => undefined })
  vi.useFakeTimers({ toFake: ['Date'], now: NOW })
  stage = await openStage(() => NOW)
})
afterEach(async () => {
  vi.useRealTimers()
  const lineProtocol = stage.requests.filter(({ url }) => url.includes('/write'))
  expect(await decodedPoints(lineProtocol, 'influx', () => NOW), 'tidemark decode').toEqual(stage.points())
  await stage.close()
})

describe('the InfluxDB 2 client', () => {
  const connect = () => new InfluxDB2({ url: stage.url, token: 'any' })
  const cpu = () =>
    new Point('cpu')
      .tag('host', 'a')
      .floatField('usage', 0.1)
      .intField('cores', 8)
      .uintField('ticks', '18446744073709551615')

  test.each([
    ['ns', `${NOW}987654`, NOW],
    ['us', `${NOW}987`, NOW],
    ['ms', NOW, NOW],
    ['s', Math.floor(NOW / 1000), NOW - 234],
  ] as const)('writes times in %s', async (precision, time, expectedMs) => {
    const api = connect().getWriteApi('org', 'bucket', precision)
    api.writePoint(cpu().timestamp(time))
    await api.close()
    expect(asLines(stage.points(), expectedMs)).toEqual([
      'cpu_cores{host="a"} = 8 @0',
      'cpu_ticks{host="a"} = 18446744073709552000 @0',
      'cpu_usage{host="a"} = 0.1 @0',
    ])
  })

  test('stamps points that have no time with its own clock', async () => {
    const api = connect().getWriteApi('org', 'bucket', 'ms')
    api.writePoint(new Point('bare').booleanField('up', true))
    api.writePoint(new Point('dated').floatField('value', -1.5e-7).timestamp(new Date(NOW - 5)))
    await api.close()
    expect(asLines(stage.points(), NOW)).toEqual(['bare_up{} = 1 @0', 'dated{} = -1.5e-7 @-5'])
  })

  test('compresses what is large', async () => {
    const api = connect().getWriteApi('org', 'bucket', 'ms', { gzipThreshold: 100, batchSize: 5000 })
    for (let i = 0; i < 2000; i++)
      api.writePoint(new Point('many').tag('i', `${i}`).floatField('value', i).timestamp(NOW))
    await api.close()
    expect(stage.requests.map(({ headers }) => headers['content-encoding'])).toEqual(['gzip'])
    const points = stage.points()
    expect(points).toHaveLength(2000)
    expect(points.every(({ series, value }) => series === `many{i="${value}"}`)).toBe(true)
  })

  test('escapes names, tags and text, and adds its default tags', async () => {
    const api = connect().getWriteApi('org', 'bucket', 'ms')
    api.useDefaultTags({ 'data center': 'eu=west,1' })
    api.writePoint(
      new Point('disk usage,total')
        .tag('pa th', '/var/my dir, a=b\\c')
        .tag('name', 'Zürich 東京')
        .stringField('note', 'said "hi", back\\slash and\nnew line')
        .floatField('used %', 0.5)
        .timestamp(NOW),
    )
    await api.close()
    expect(stage.points()).toEqual([
      {
        series: `disk usage,total_used %{data center="eu=west,1",name="Zürich 東京",pa th=${JSON.stringify('/var/my dir, a=b\\c')}}`,
        kind: 'sample',
        timeMs: NOW,
        value: 0.5,
        weight: 1,
      },
    ])
    expect(stage.refused()).toBe(0)
  })

  test('is told which line was bad, keeps the good ones stored, and does not send them again', async () => {
    const failures: string[] = []
    const api: WriteApi = connect().getWriteApi('org', 'bucket', 'ms', {
      maxRetries: 3,
      minRetryDelay: 10,
      writeFailed: (error) => {
        failures.push(error.message)
      },
    })
    api.writeRecords([`good value=1 ${NOW}`, 'bad value=', `good value=2 ${NOW + 1}`])
    await expect(api.close()).rejects.toThrow()
    expect(asLines(stage.points(), NOW)).toEqual(['good{} = 1 @0', 'good{} = 2 @1'])
    expect(stage.requests).toHaveLength(1)
    expect(failures.join()).toContain('line 2')
  })
})

describe('the InfluxDB 1 client', () => {
  const connect = () =>
    new InfluxDB1({
      host: '127.0.0.1',
      port: stage.httpPort,
      database: 'metrics',
      schema: [
        {
          measurement: 'response',
          tags: ['path', 'host'],
          fields: { ms: FieldType.INTEGER, ratio: FieldType.FLOAT, ok: FieldType.BOOLEAN, note: FieldType.STRING },
        },
      ],
    })

  test('pings, and creates the database it writes to', async () => {
    const client = connect()
    expect(await client.ping(2000)).toMatchObject([{ online: true }])
    await client.createDatabase('metrics')
    expect(await client.getDatabaseNames()).toEqual([])
  })

  test.each(['n', 'u', 'ms', 's'] as const)('writes points of its schema in %s', async (precision) => {
    const client = connect()
    await client.writePoints(
      [
        {
          measurement: 'response',
          tags: { path: '/a b,c=d', host: 'h' },
          fields: { ms: 12, ratio: 0.25, ok: true, note: 'a "b" \\ c' },
          timestamp: new Date(1_767_225_601_000),
        },
      ],
      { precision },
    )
    expect(asLines(stage.points(), 1_767_225_601_000)).toEqual([
      'response_ms{host="h",path="/a b,c=d"} = 12 @0',
      'response_ok{host="h",path="/a b,c=d"} = 1 @0',
      'response_ratio{host="h",path="/a b,c=d"} = 0.25 @0',
    ])
  })

  test('writes a measurement without a schema', async () => {
    const client = connect()
    await client.writeMeasurement('load', [{ tags: { host: 'b' }, fields: { value: 1.5 }, timestamp: new Date(NOW) }], {
      precision: 'ms',
    })
    expect(asLines(stage.points(), NOW)).toEqual(['load{host="b"} = 1.5 @0'])
  })
})
