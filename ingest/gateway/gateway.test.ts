import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../schemas/config/load.js'
import type { CardinalityPolicy } from '../../schemas/config/schema.js'
import { TidemarkError } from '../../schemas/errors.js'
import { type Limits, OLDEST_POINT_MS } from '../../schemas/limits.js'
import { Kind } from '../../schemas/points.js'
import type { Label } from '../../schemas/series/series.js'
import { firstLayout } from '../routing/plan-layout.js'
import { MemoryLog } from '../testing/memory-log.js'
import { createGateway } from './gateway.js'

const NOW = 1_767_225_600_000

function openGateway(limits: Partial<Limits> = {}, policies: CardinalityPolicy[] = []) {
  const log = new MemoryLog()
  const clock = { nowMs: NOW }
  const gateway = createGateway({
    log,
    layouts: [firstLayout(4)],
    limits: { ...loadConfig({ env: {} }).limits, ...limits },
    policies,
    clock: () => clock.nowMs,
  })
  return { log, gateway, clock }
}

/** One request with one point a series. */
async function send(gateway: ReturnType<typeof createGateway>, series: [metric: string, labels: Label[]][]) {
  const request = gateway.open()
  for (const [metric, labels] of series) {
    const handle = request.series(metric, labels, Kind.Sample)
    if (handle >= 0) request.add(handle, NOW, 1, 1)
    request.position++
  }
  return request.commit()
}

const hosts = (n: number, from = 0): [string, Label[]][] =>
  Array.from({ length: n }, (_, i) => [
    'cpu',
    [
      ['host', `h${from + i}`],
      ['region', 'eu'],
    ],
  ])

describe('a request', () => {
  test('is answered only once the log has its points', async () => {
    const { log, gateway } = openGateway()
    let release = () => {}
    log.beforeAppend = () =>
      new Promise((resolve) => {
        release = resolve
      })
    let answered = false
    const answer = send(gateway, hosts(1)).then(() => {
      answered = true
    })
    await new Promise(setImmediate)
    expect(answered).toBe(false)
    release()
    await answer
    expect(log.points()).toHaveLength(1)
  })

  test('has nothing of the requests before it, whose columns it fills again', async () => {
    const { log, gateway } = openGateway()
    const first = gateway.open()
    const timer = first.series('latency', [], Kind.EventTimer)
    for (let i = 0; i < 600; i++) first.add(timer, NOW + i, i, 10)
    await first.commit()
    const before = log.points()
    log.appended.length = 0
    const second = gateway.open()
    second.add(timer, NOW, 7, 1)
    second.add(second.series('other', [], Kind.EventTimer), NOW, 8, 1)
    await second.commit()
    expect(before).toHaveLength(600)
    expect(log.points()).toEqual(
      expect.arrayContaining([
        { series: 'latency{} (event)', timeMs: NOW, value: 7, weight: 1 },
        { series: 'other{} (event)', timeMs: NOW, value: 8, weight: 1 },
      ]),
    )
    expect(log.points()).toHaveLength(2)
  })

  test('keeps values, weights and staleness markers, whatever else it brings', async () => {
    const { log, gateway } = openGateway()
    const request = gateway.open()
    const cpu = request.series('cpu', [['host', 'a']], Kind.Sample)
    const timer = request.series('latency', [], Kind.EventTimer)
    request.add(cpu, NOW, Number.NaN, 1)
    request.addStale(cpu, NOW + 1)
    request.add(timer, NOW, 0.25, 10)
    request.add(timer, NOW, 0.5, 1)
    await request.commit()
    expect(log.points()).toEqual(
      expect.arrayContaining([
        { series: 'cpu{host="a"}', timeMs: NOW, value: Number.NaN, weight: 1 },
        { series: 'cpu{host="a"}', timeMs: NOW + 1, value: 'stale', weight: 1 },
        { series: 'latency{} (event)', timeMs: NOW, value: 0.25, weight: 10 },
        { series: 'latency{} (event)', timeMs: NOW, value: 0.5, weight: 1 },
      ]),
    )
  })

  test('larger than a record becomes several, and every point keeps its series', async () => {
    const { log, gateway } = openGateway()
    const request = gateway.open()
    const handles = ['a', 'b', 'c'].map((host) => request.series('cpu', [['host', host]], Kind.Sample))
    for (let i = 0; i < 450_000; i++) request.add(handles[i % 3], NOW - i, i % 3, 1)
    expect(await request.commit()).toMatchObject({ accepted: 450_000, refusedCount: 0 })
    expect(log.appended).toHaveLength(3)
    expect(log.points().every(({ series, value }) => series === `cpu{host="${'abc'[value as number]}"}`)).toBe(true)
  })

  test('with many bytes of labels becomes several records, none of more than some MB', async () => {
    const { log, gateway } = openGateway()
    const long = 'x'.repeat(4000)
    await send(
      gateway,
      Array.from({ length: 3000 }, (_, i) => ['cpu', [['host', `${long}${i}`]]]),
    )
    expect(log.appended).toHaveLength(3)
    for (const { value } of log.appended) expect(value.length).toBeLessThan(5 << 20)
    expect(new Set(log.points().map(({ series }) => series)).size).toBe(3000)
  })

  test('has all series of one metric in one partition', async () => {
    const { log, gateway } = openGateway()
    await send(gateway, hosts(50))
    expect(new Set(log.appended.map(({ partition }) => partition)).size).toBe(1)
  })

  test('may wait as long as what waits is within the limit of the queue: at the limit, and not one byte above', async () => {
    const { log: measured, gateway: probe } = openGateway()
    await send(probe, hosts(1))
    const bytes = measured.appended[0].value.length
    for (const [logQueueBytes, taken] of [
      [2 * bytes, true],
      [2 * bytes - 1, false],
    ] as const) {
      const { log, gateway } = openGateway({ logQueueBytes })
      let release = () => {}
      const held = new Promise<void>((resolve) => {
        release = resolve
      })
      log.beforeAppend = () => held
      const answers = [send(gateway, hosts(1)), send(gateway, hosts(1))]
      release()
      const [, second] = await Promise.allSettled(answers)
      expect(second.status === 'fulfilled').toBe(taken)
    }
  })

  test('that would fill the queue before the log is told to come back', async () => {
    const { log, gateway } = openGateway({ logQueueBytes: 100 })
    let release = () => {}
    log.beforeAppend = () =>
      new Promise((resolve) => {
        release = resolve
      })
    const first = send(gateway, hosts(1))
    const error = await send(gateway, hosts(1)).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'TM_LOG_BACKPRESSURE', status: 429, retriable: true })
    release()
    expect(await first).toMatchObject({ accepted: 1 })
  })
})

describe('limits', () => {
  test.each([
    ['ten minutes ahead is the last time taken', NOW + 600_000, 1],
    ['one ms more is refused', NOW + 600_001, 0],
    ['the first moment of 2000 is the first time taken', OLDEST_POINT_MS, 1],
    ['one ms earlier is refused', OLDEST_POINT_MS - 1, 0],
  ])('%s', async (_, timeMs, accepted) => {
    const { gateway } = openGateway()
    const request = gateway.open()
    request.add(request.series('cpu', [], Kind.Sample), timeMs, 1, 1)
    expect(await request.commit()).toMatchObject({ accepted, refusedCount: 1 - accepted })
  })

  test.each<[string, string, Label[], string | undefined]>([
    [
      'labels at the limit',
      'm',
      [
        ['a', '1'],
        ['b', '2'],
      ],
      undefined,
    ],
    [
      'one label more',
      'm',
      [
        ['a', '1'],
        ['b', '2'],
        ['c', '3'],
      ],
      'TM_SERIES_LABELS',
    ],
    ['a label name over its limit', 'm', [['abcde', '1']], 'TM_SERIES_LABEL_NAME'],
    ['a label value over its limit', 'm', [['a', '12345']], 'TM_SERIES_LABEL_VALUE'],
    ['a metric name over its limit', 'metrics', [], 'TM_SERIES_METRIC_NAME'],
    ['an empty metric name', '', [], 'TM_SERIES_METRIC_NAME'],
    ['a zero byte', 'm', [['a', '\0']], 'TM_SERIES_ZERO_BYTE'],
    [
      'a label twice',
      'm',
      [
        ['a', '1'],
        ['a', '2'],
      ],
      'TM_SERIES_DUPLICATE_LABEL',
    ],
  ])('%s', async (_, metric, labels, code) => {
    const { gateway } = openGateway({ labelsPerSeries: 2, labelNameBytes: 4, labelValueBytes: 4, metricNameBytes: 6 })
    const result = await send(gateway, [[metric, labels]])
    expect(result.refused[0]?.code).toBe(code)
  })

  test('points over the limit of a request are refused, the others stored', async () => {
    const { gateway } = openGateway({ pointsPerRequest: 3 })
    const result = await send(gateway, hosts(5))
    expect(result).toMatchObject({ accepted: 3, refusedCount: 2, refused: [{ code: 'TM_BATCH_POINTS' }, {}] })
  })

  test('an answer lists no more refusals than configured, but counts all', async () => {
    const { gateway } = openGateway({ refusalsListed: 2 })
    const result = await send(
      gateway,
      hosts(5).map(() => ['', []]),
    )
    expect(result.refused).toHaveLength(2)
    expect(result.refusedCount).toBe(5)
    expect(gateway.counts().refusedByCode).toEqual({ TM_SERIES_METRIC_NAME: 5 })
  })
})

describe('cardinality', () => {
  test('a new series over the limit is refused by name, the offending label and its values; existing ones go on', async () => {
    const { gateway } = openGateway({ seriesPerMetric: 3 })
    await send(gateway, hosts(3))
    const result = await send(gateway, hosts(4))
    expect(result).toMatchObject({ accepted: 3, refusedCount: 1 })
    expect(result.refused[0]).toMatchObject({ position: 4, code: 'TM_CARDINALITY_METRIC' })
    expect(result.refused[0].reason).toBe('metric "cpu" has 3 series, the limit is 3')
    expect(result.refused[0].hint).toContain('label "host" has 3 values')
  })

  test('another metric is not hurt', async () => {
    const { gateway } = openGateway({ seriesPerMetric: 1 })
    await send(gateway, hosts(2))
    expect(await send(gateway, [['memory', []]])).toMatchObject({ accepted: 1 })
  })

  test('in total has its own limit', async () => {
    const { gateway } = openGateway({ seriesTotal: 2 })
    const result = await send(gateway, [
      ['a', []],
      ['b', []],
      ['c', []],
    ])
    expect(result.refused).toMatchObject([{ code: 'TM_CARDINALITY_TOTAL' }])
  })

  test('a policy may drop the label with the most values', async () => {
    const policy: CardinalityPolicy = { metric: 'cpu', limit: 2, over: 'drop_label', drop: [], keep_one_of: 10 }
    const { gateway, log } = openGateway({}, [policy])
    await send(gateway, hosts(2))
    const result = await send(gateway, hosts(2, 2))
    expect(result).toMatchObject({ accepted: 2, refusedCount: 0 })
    expect(
      log
        .points()
        .slice(2)
        .map(({ series }) => series),
    ).toEqual(['cpu{region="eu"}', 'cpu{region="eu"}'])
  })

  test('a policy may drop labels always', async () => {
    const policy: CardinalityPolicy = { metric: 'cpu', over: 'refuse', drop: ['host'], keep_one_of: 10 }
    const { gateway, log } = openGateway({}, [policy])
    await send(gateway, hosts(3))
    expect(new Set(log.points().map(({ series }) => series))).toEqual(new Set(['cpu{region="eu"}']))
  })

  test('series silent for an hour make room', async () => {
    const { gateway, clock } = openGateway({ seriesPerMetric: 2 })
    await send(gateway, hosts(2))
    clock.nowMs += 3_600_000
    gateway.releaseIdle()
    expect(gateway.counts().activeSeries).toBe(0)
    const request = gateway.open()
    const handle = request.series('cpu', [['host', 'new']], Kind.Sample)
    request.add(handle, clock.nowMs, 1, 1)
    expect(await request.commit()).toMatchObject({ accepted: 1 })
  })
})

test('an error of the log is the answer, and nothing counts as accepted', async () => {
  const { log, gateway } = openGateway()
  log.beforeAppend = async () => {
    throw new TidemarkError('TM_LOG_UNAVAILABLE', { reason: 'no space left' })
  }
  await expect(send(gateway, hosts(1))).rejects.toMatchObject({ code: 'TM_LOG_UNAVAILABLE' })
  expect(gateway.counts().accepted).toBe(0)
})
