import { describe, expect, test } from 'vitest'
import type { MetricHeader } from './data-point.js'
import { labelName, metricName } from './names.js'

const named = (name: string, unit = '', rest: Partial<MetricHeader> = {}) =>
  metricName({ name, unit, description: '', type: 'gauge', temporality: 2, isMonotonic: false, ...rest })

const counter: Partial<MetricHeader> = { type: 'sum', isMonotonic: true }

describe('metric names', () => {
  test.each([
    ['system.cpu.time', 's', counter, 'system_cpu_time_seconds_total'],
    ['system.network.io', 'By', counter, 'system_network_io_bytes_total'],
    ['http.server.duration', 'ms', { type: 'histogram' }, 'http_server_duration_milliseconds'],
    ['memory.usage.bytes', 'By', {}, 'memory_usage_bytes'],
    ['requests.total', '1', counter, 'requests_total'],
    ['total.requests', '', counter, 'requests_total'],
    ['system.cpu.utilization', '1', {}, 'system_cpu_utilization_ratio'],
    ['hits', '1', { type: 'sum' }, 'hits'],
    ['speed', 'm/s', {}, 'speed_meters_per_second'],
    ['load', 'By/{request}', {}, 'load_bytes'],
    ['queue', '{item}/s', {}, 'queue_per_second'],
    ['messages', '{message}', counter, 'messages_total'],
    ['odd', 'foo bar/x y', {}, 'odd_foo_bar_per_x_y'],
    ['2xx', '', {}, '_2xx'],
    ['a..b--c__d', '', {}, 'a_b_c_d'],
    ['job:rate', '', {}, 'job:rate'],
    ['größe', '', {}, 'gr_e'],
  ] as [string, string, Partial<MetricHeader>, string][])('%s in %s', (name, unit, rest, expected) => {
    expect(named(name, unit, rest)).toBe(expected)
  })

  test('of which nothing is left are refused', () => {
    expect(() => named('äö')).toThrow('nothing is left of the metric name "äö"')
  })
})

describe('label names', () => {
  test.each([
    ['http.method', 'http_method'],
    ['1st', 'key_1st'],
    ['_private', 'key_private'],
    ['__reserved__', '__reserved__'],
    ['a--b', 'a__b'],
    ['größe', 'gr__e'],
  ])('%s', (key, expected) => {
    expect(labelName(key)).toBe(expected)
  })

  test.each(['', 'é', '..'])('nothing is left of "%s"', (key) => {
    expect(() => labelName(key)).toThrow()
  })
})
