import type { Meter } from '@opentelemetry/api'
import {
  AggregationTemporalityPreference,
  OTLPMetricExporter as JsonExporter,
} from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { decodedPoints } from './decoded.js'
import { type ClientStage, openStage, plainBody } from './stage.js'
import { asLines, type StoredPoint } from './stored-points.js'

const START = 1_767_225_600_000
const NEVER_MS = 3_600_000
let stage: ClientStage
let providers: MeterProvider[]

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: START })
  stage = await openStage(Date.now)
  providers = []
})
afterEach(async () => {
  await Promise.all(providers.map((provider) => provider.shutdown()))
  // What was added to a cumulative histogram shows only beside the request before it.
  const isWhole = ({ kind }: StoredPoint) => kind !== 'timer'
  const decoded = await decodedPoints(stage.requests, 'otlp', Date.now)
  expect(decoded.filter(isWhole), 'tidemark decode').toEqual(stage.points().filter(isWhole))
  vi.useRealTimers()
  await stage.close()
})

type Exporter = typeof ProtobufExporter | typeof JsonExporter
interface Settings {
  temporality?: AggregationTemporalityPreference
  views?: ViewOptions[]
  compression?: boolean
}

/** An SDK that exports when it is told to. */
function openSdk(Exporter: Exporter, { temporality, views, compression }: Settings = {}) {
  const exporter = new Exporter({
    url: `${stage.url}/v1/metrics`,
    temporalityPreference: temporality ?? AggregationTemporalityPreference.CUMULATIVE,
    ...(compression ? { compression: 'gzip' as never } : {}),
  })
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: NEVER_MS,
    exportTimeoutMillis: 5000,
  })
  const resource = resourceFromAttributes({
    'service.namespace': 'shop',
    'service.name': 'checkout',
    'service.instance.id': 'i-1',
    'deployment.environment.name': 'prod',
    'host.cpus': 4,
  })
  const provider = new MeterProvider({ resource, readers: [reader], views })
  const exportAt = async (timeMs: number) => {
    vi.setSystemTime(timeMs)
    await reader.forceFlush()
  }
  providers.push(provider)
  return { meter: provider.getMeter('test', '1.0'), exportAt }
}

const TARGET = 'instance="i-1",job="shop/checkout"'
const stored = () => asLines(stage.points(), START).map((line) => line.replace(TARGET, 'TARGET'))
const metricsOnly = () => stored().filter((line) => !line.startsWith('target_info'))

/** One instrument of each type, observed once. */
function observe(meter: Meter): void {
  meter.createCounter('http.requests', { unit: '{request}' }).add(3, { 'http.route': '/pay', ok: true })
  meter.createUpDownCounter('queue.length').add(5)
  meter.createGauge('temperature', { unit: 'Cel' }).record(-1.5)
  meter
    .createObservableGauge('cpu.utilization', { unit: '1' })
    .addCallback((result) => result.observe(0.25, { cpu: 0 }))
  meter.createObservableCounter('disk.io', { unit: 'By' }).addCallback((result) => result.observe(4096))
  const latency = meter.createHistogram('latency', { unit: 's', advice: { explicitBucketBoundaries: [0.1, 1] } })
  for (const seconds of [0.05, 0.5, 0.5, 20]) latency.record(seconds)
}

describe.each([
  ['protobuf', ProtobufExporter, 'application/x-protobuf'],
  ['JSON', JsonExporter, 'application/json'],
] as const)('the OpenTelemetry SDK exporting %s', (_, Exporter, contentType) => {
  test('cumulative: readings, with names and labels as Prometheus has them', async () => {
    const sdk = openSdk(Exporter)
    observe(sdk.meter)
    await sdk.exportAt(START + 10_000)
    expect(stage.requests.at(-1)?.headers['content-type']).toBe(contentType)
    expect(stored()).toEqual([
      'cpu_utilization_ratio{cpu="0",TARGET} = 0.25 @10000',
      'disk_io_bytes_total{TARGET} = 4096 @10000',
      'http_requests_total{http_route="/pay",TARGET,ok="true"} = 3 @10000',
      'latency_seconds_bucket{TARGET,le="+Inf"} = 4 @10000',
      'latency_seconds_bucket{TARGET,le="0.1"} = 1 @10000',
      'latency_seconds_bucket{TARGET,le="1"} = 3 @10000',
      'latency_seconds_count{TARGET} = 4 @10000',
      'latency_seconds_sum{TARGET} = 21.05 @10000',
      'queue_length{TARGET} = 5 @10000',
      'target_info{deployment_environment_name="prod",host_cpus="4",TARGET} = 1 @10000',
      'temperature_celsius{TARGET} = -1.5 @10000',
    ])
  })

  test('delta: occurrences, each export what was added since the one before', async () => {
    const sdk = openSdk(Exporter, { temporality: AggregationTemporalityPreference.DELTA })
    const requests = sdk.meter.createCounter('http.requests')
    const queue = sdk.meter.createUpDownCounter('queue.length')
    const latency = sdk.meter.createHistogram('latency', { unit: 'ms', advice: { explicitBucketBoundaries: [10] } })
    requests.add(3)
    queue.add(5)
    latency.record(7)
    await sdk.exportAt(START + 10_000)
    requests.add(4)
    queue.add(-2)
    latency.record(11)
    latency.record(12)
    await sdk.exportAt(START + 20_000)
    expect(metricsOnly()).toEqual([
      'http_requests_total{TARGET} = 3 @10000 counter',
      'http_requests_total{TARGET} = 4 @20000 counter',
      'latency_milliseconds_bucket{TARGET,le="+Inf"} = 1 @10000 counter',
      'latency_milliseconds_bucket{TARGET,le="+Inf"} = 2 @20000 counter',
      'latency_milliseconds_bucket{TARGET,le="10"} = 1 @10000 counter',
      'latency_milliseconds_bucket{TARGET,le="10"} = 0 @20000 counter',
      'latency_milliseconds_count{TARGET} = 1 @10000 counter',
      'latency_milliseconds_count{TARGET} = 2 @20000 counter',
      'latency_milliseconds_sum{TARGET} = 7 @10000 counter',
      'latency_milliseconds_sum{TARGET} = 23 @20000 counter',
      'queue_length{TARGET} = 5 @10000',
      'queue_length{TARGET} = 3 @20000',
    ])
  })

  test.each(['CUMULATIVE', 'DELTA'] as const)(
    'exponential histograms, %s: every observation in its bucket',
    async (temporality) => {
      const views = [
        { instrumentName: 'latency', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } } as const,
      ]
      const sdk = openSdk(Exporter, { views, temporality: AggregationTemporalityPreference[temporality] })
      const latency = sdk.meter.createHistogram('latency')
      const first = [0.001, 0.02, 0.02, 3, 0, 50]
      for (const value of first) latency.record(value)
      await sdk.exportAt(START + 10_000)
      latency.record(7)
      await sdk.exportAt(START + 20_000)

      const observations = stage.points().filter(({ kind }) => kind === 'timer')
      const atFirst = observations
        .filter(({ timeMs }) => timeMs === START + 10_000)
        .sort((a, b) => Number(a.value) - Number(b.value))
      expect(atFirst.map(({ weight }) => weight)).toEqual([1, 1, 2, 1, 1])
      const distinct = [0, 0.001, 0.02, 3, 50]
      for (const [i, { value }] of atFirst.entries()) {
        expect(Math.abs(Number(value) - distinct[i])).toBeLessThanOrEqual(0.05 * distinct[i])
      }
      expect(atFirst.reduce((sum, { value, weight }) => sum + Number(value) * weight, 0)).toBeCloseTo(53.041, 9)
      expect(observations.filter(({ timeMs }) => timeMs === START + 20_000)).toMatchObject([{ value: 7, weight: 1 }])
      const readings = metricsOnly().filter((line) => !line.endsWith('timer'))
      const counted = [
        'latency_count{TARGET} = 6 @10000',
        'latency_count{TARGET} = 7 @20000',
        'latency_sum{TARGET} = 53.041 @10000',
        'latency_sum{TARGET} = 60.041 @20000',
      ]
      expect(readings).toEqual(temporality === 'DELTA' ? [] : counted)
    },
  )

  test('may be gzipped', async () => {
    const sdk = openSdk(Exporter, { compression: true })
    sdk.meter.createGauge('level').record(1)
    await sdk.exportAt(START + 1000)
    expect(stage.requests[0].headers['content-encoding']).toBe('gzip')
    expect((await plainBody(stage.requests[0])).length).toBeGreaterThan(stage.requests[0].body.length)
    expect(metricsOnly()).toEqual(['level{TARGET} = 1 @1000'])
  })
})
