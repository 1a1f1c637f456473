import { hostname, loadavg } from 'node:os'
import type { Systeminformation } from 'systeminformation'
import { asTidemarkError, type TidemarkError } from '../../schemas/errors.js'
import { Kind } from '../../schemas/points.js'
import type { Label } from '../../schemas/series/series.js'
import { alignUp, type Clock } from '../../schemas/time.js'
import type { RequestOpener } from '../request.js'
import { type HostState, hostReadings } from './readings.js'

/** What the collector works with. */
export interface CollectorOptions {
  gateway: RequestOpener
  /** ms between looks, which fall on multiples of it. */
  intervalMs: number
  clock: Clock
  onError: (error: TidemarkError) => void
  /** Looks at the host; {@link lookAtHost} unless a test has its own. */
  look?: () => Promise<HostState>
}

/** Collects this host's own metrics through the same path as anyone's. @returns a function that stops it */
export function startCollector({
  gateway,
  intervalMs,
  clock,
  onError,
  look = lookAtHost,
}: CollectorOptions): () => Promise<void> {
  const host: Label = ['host', hostname()]
  let timer: NodeJS.Timeout | undefined
  let running = Promise.resolve()
  let stopped = false

  async function collect(): Promise<void> {
    try {
      const readings = hostReadings(await look())
      const nowMs = clock()
      const request = gateway.open()
      for (const { metric, labels, value } of readings) {
        const handle = request.series(metric, [host, ...labels], Kind.Sample)
        if (handle >= 0) request.add(handle, nowMs, value, 1)
      }
      await request.commit()
    } catch (thrown) {
      onError(asTidemarkError(thrown))
    }
  }

  function schedule(): void {
    if (stopped) return
    const nowMs = clock()
    timer = setTimeout(
      () => {
        running = collect().finally(schedule)
      },
      alignUp(nowMs + 1, intervalMs) - nowMs,
    )
  }

  // One look at once: the first answer must not wait for the first multiple of the interval.
  running = collect().finally(schedule)
  return async () => {
    stopped = true
    clearTimeout(timer)
    await running
  }
}

/** One look at this machine (systeminformation). A part that fails is left out: others still count. */
export async function lookAtHost(): Promise<HostState> {
  const { default: system } = await import('systeminformation')
  const [load, memory, disks, diskBytes, diskOperations, network] = await Promise.all([
    attempt<Systeminformation.CurrentLoadData>(system.currentLoad()),
    attempt<Systeminformation.MemData>(system.mem()),
    attempt<Systeminformation.FsSizeData[]>(system.fsSize()),
    attempt<Systeminformation.FsStatsData>(system.fsStats()),
    attempt<Systeminformation.DisksIoData>(system.disksIO()),
    attempt<Systeminformation.NetworkStatsData[]>(system.networkStats('*')),
  ])
  return {
    load,
    memory,
    disks,
    diskBytes,
    diskOperations,
    network,
    uptimeSeconds: system.time().uptime,
    load1: loadavg()[0],
  }
}

async function attempt<T>(part: Promise<T>): Promise<T | undefined> {
  try {
    return await part
  } catch {
    return undefined
  }
}
