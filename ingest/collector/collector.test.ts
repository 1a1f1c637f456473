import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { loadConfig } from '../../schemas/config/load.js'
import { TidemarkError } from '../../schemas/errors.js'
import { createGateway } from '../gateway/gateway.js'
import { firstLayout } from '../routing/plan-layout.js'
import { MemoryLog } from '../testing/memory-log.js'
import { startCollector } from './collector.js'
import { type HostState, hostReadings } from './readings.js'

const START = 1_767_225_604_000

beforeEach(() => vi.useFakeTimers({ now: START }))
afterEach(() => vi.useRealTimers())

function open(look: () => Promise<HostState>) {
  const log = new MemoryLog()
  const errors: TidemarkError[] = []
  const gateway = createGateway({
    log,
    layouts: [firstLayout(4)],
    limits: loadConfig({ env: {} }).limits,
    policies: [],
    clock: Date.now,
  })
  const stop = startCollector({
    gateway,
    intervalMs: 10_000,
    clock: Date.now,
    onError: (error) => errors.push(error),
    look,
  })
  const times = () => log.points().map(({ timeMs }) => timeMs - START)
  return { log, errors, stop, times }
}

describe('the collector', () => {
  test('looks at once, then at multiples of its interval', async () => {
    const { times, stop } = open(async () => ({ load1: 0.5 }))
    await vi.advanceTimersByTimeAsync(26_000)
    expect(times()).toEqual([0, 6000, 16_000, 26_000])
    await stop()
  })

  test("names the host in every series, beside the reading's own labels", async () => {
    const { log, stop } = open(async () => ({ network: [{ iface: 'eth0', rx_bytes: 7 }] as HostState['network'] }))
    await vi.advanceTimersByTimeAsync(0)
    expect(log.points()).toMatchObject([
      { series: expect.stringMatching(/^host_network_receive_bytes_total\{device="eth0",host=".+"\}$/), value: 7 },
    ])
    await stop()
  })

  test('goes on after a look or a log that failed', async () => {
    let looks = 0
    const { log, errors, times, stop } = open(async () => {
      if (++looks === 1) throw new Error('no such file')
      return { load1: 1 }
    })
    log.beforeAppend = async () => {
      if (looks === 2) throw new TidemarkError('TM_LOG_UNAVAILABLE', { reason: 'disk full' })
    }
    await vi.advanceTimersByTimeAsync(16_000)
    expect(errors.map(({ code }) => code)).toEqual(['TM_INTERNAL', 'TM_LOG_UNAVAILABLE'])
    expect(times()).toEqual([16_000])
    await stop()
  })

  test('looks no more once it is stopped', async () => {
    const { times, stop } = open(async () => ({ load1: 1 }))
    await vi.advanceTimersByTimeAsync(0)
    await stop()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(times()).toEqual([0])
  })
})

describe('readings', () => {
  test('leave out what the platform does not know', () => {
    expect(hostReadings({})).toEqual([])
    expect(
      hostReadings({ diskBytes: null, diskOperations: null, uptimeSeconds: 5 }).map(({ metric }) => metric),
    ).toEqual(['host_uptime_seconds'])
  })

  test('are named by what they count, in base units', () => {
    const memory = {
      total: 100,
      free: 40,
      used: 60,
      active: 50,
      available: 50,
      buffers: 1,
      cached: 2,
      slab: 3,
      swaptotal: 10,
      swapused: 4,
    }
    const readings = hostReadings({
      load1: 0.7,
      memory: memory as HostState['memory'],
      disks: [{ fs: '/dev/sda1', mount: '/', size: 10, used: 4, available: 6 }] as HostState['disks'],
    })
    const text = readings.map(
      ({ metric, labels, value }) => `${metric} ${labels.map((label) => label.join('=')).join(' ')} ${value}`,
    )
    expect(text).toEqual(
      expect.arrayContaining([
        'host_load1  0.7',
        'host_memory_bytes state=free 40',
        'host_swap_bytes state=used 4',
        'host_filesystem_used_bytes device=/dev/sda1 mountpoint=/ 4',
      ]),
    )
  })
})
