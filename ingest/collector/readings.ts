import type { Systeminformation } from 'systeminformation'
import type { Label } from '../../schemas/series/series.js'

/** One reading of this host. Names follow Prometheus's conventions: base units, `_total` for counters. */
export interface Reading {
  metric: string
  labels: readonly Label[]
  value: number
}

/** What a look at the host gives; each part may be missing where the platform does not tell. */
export interface HostState {
  load?: Systeminformation.CurrentLoadData
  memory?: Systeminformation.MemData
  disks?: Systeminformation.FsSizeData[]
  diskBytes?: Systeminformation.FsStatsData | null
  diskOperations?: Systeminformation.DisksIoData | null
  network?: Systeminformation.NetworkStatsData[]
  uptimeSeconds?: number
  /** Load average of the last minute. */
  load1?: number
}

/** The readings of one look, by part. Values that the platform does not know are left out. */
export function hostReadings(state: HostState): Reading[] {
  const readings = [
    reading('host_load1', [], state.load1),
    ...loadReadings(state.load),
    ...memoryReadings(state.memory),
    ...diskReadings(state),
    ...networkReadings(state.network ?? []),
    reading('host_uptime_seconds', [], state.uptimeSeconds),
  ]
  return readings.filter(({ value }) => Number.isFinite(value))
}

function loadReadings(load: HostState['load']): Reading[] {
  if (!load) return []
  const modes: [string, number][] = [
    ['user', load.currentLoadUser],
    ['system', load.currentLoadSystem],
    ['nice', load.currentLoadNice],
    ['irq', load.currentLoadIrq],
    ['steal', load.currentLoadSteal],
    ['idle', load.currentLoadIdle],
  ]
  return [
    reading('host_cpu_usage_percent', [], load.currentLoad),
    ...modes.map(([mode, value]) => reading('host_cpu_mode_percent', [['mode', mode]], value)),
    ...load.cpus.map((cpu, i) => reading('host_cpu_core_usage_percent', [['cpu', String(i)]], cpu.load)),
  ]
}

function memoryReadings(memory: HostState['memory']): Reading[] {
  if (!memory) return []
  const states = ['total', 'free', 'used', 'active', 'available', 'buffers', 'cached', 'slab'] as const
  return [
    ...states.map((state) => reading('host_memory_bytes', [['state', state]], memory[state])),
    reading('host_swap_bytes', [['state', 'total']], memory.swaptotal),
    reading('host_swap_bytes', [['state', 'used']], memory.swapused),
  ]
}

function diskReadings({ disks = [], diskBytes, diskOperations }: HostState): Reading[] {
  const filesystems = disks.flatMap((disk): Reading[] => {
    const labels: Label[] = [
      ['device', disk.fs],
      ['mountpoint', disk.mount],
    ]
    return [
      reading('host_filesystem_size_bytes', labels, disk.size),
      reading('host_filesystem_used_bytes', labels, disk.used),
      reading('host_filesystem_available_bytes', labels, disk.available),
    ]
  })
  return [
    ...filesystems,
    reading('host_disk_read_bytes_total', [], diskBytes?.rx),
    reading('host_disk_written_bytes_total', [], diskBytes?.wx),
    reading('host_disk_reads_total', [], diskOperations?.rIO),
    reading('host_disk_writes_total', [], diskOperations?.wIO),
  ]
}

function networkReadings(interfaces: Systeminformation.NetworkStatsData[]): Reading[] {
  return interfaces.flatMap((one): Reading[] => {
    const labels: Label[] = [['device', one.iface]]
    return [
      reading('host_network_receive_bytes_total', labels, one.rx_bytes),
      reading('host_network_transmit_bytes_total', labels, one.tx_bytes),
      reading('host_network_receive_errors_total', labels, one.rx_errors),
      reading('host_network_transmit_errors_total', labels, one.tx_errors),
      reading('host_network_receive_dropped_total', labels, one.rx_dropped),
      reading('host_network_transmit_dropped_total', labels, one.tx_dropped),
    ]
  })
}

function reading(metric: string, labels: readonly Label[], value: number | null | undefined): Reading {
  return { metric, labels, value: value ?? Number.NaN }
}
