import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { textTable } from '../../cli/text-table.js'
import { loadConfig } from '../../schemas/config/load.js'
import { VictoriaMetricsServer } from '../stack/victoriametrics-server.js'
import type { Bench, BenchContext, Figure } from './bench.js'
import type { HotStoreAnswer, HotStoreRequest } from './hot-store-run.js'
import { MeasuredProcess } from './measured-process.js'
import { cpuSecondsOf } from './process-cpu.js'

/** The shapes, how many windows of each, and a metric of it. */
const CASES = [
  { shape: 'low10k', windows: 120, metric: 'cpu_usage_user' },
  { shape: 'dense1k', windows: 60, metric: 'api_latency' },
]

/** Hot windows on VictoriaMetrics. */
export const hotStore: Bench = {
  name: 'hot-store',
  about: 'hot windows on VictoriaMetrics, which infra/stack installs: CPU of both processes, bytes on its disk',
  onlyByName: true,
  async run(context) {
    const figures: Figure[] = []
    const rows: (string | number)[][] = []
    const { parts } = loadConfig({ env: {} }).victoriametrics
    for (const one of CASES) {
      for (const [shown, which] of [
        ['frames alone', []],
        ['and the series for people', parts],
      ] as const) {
        const runs: Run[] = []
        for (let run = 0; run < context.runs; run++) {
          context.progress(`${one.shape}, ${shown}: run ${run + 1} of ${context.runs}`)
          runs.push(await measure({ ...one, parts: [...which] }, context))
        }
        rows.push([one.shape, shown, ...columnsOf(runs)])
        figures.push({
          key: `hot-store ${one.shape}, ${shown}`,
          unit: 'points/s',
          values: runs.map(({ answer }) => answer.points / answer.written.wallSeconds),
          cpuSecondsPerMillion: runs.map(({ answer }) => (answer.written.cpuSeconds / answer.points) * 1e6),
        })
      }
    }
    context.print(textTable(HEAD, rows))
    return figures
  },
}

const HEAD = [
  'shape',
  'written',
  'our µs/window',
  'its µs/window, one reading included',
  'its bytes/window',
  'our µs/window read',
]

interface Run {
  answer: HotStoreAnswer
  /** CPU of the server, seconds. */
  serverCpu: number
  bytes: number
}

async function measure(request: Omit<HotStoreRequest, 'url'>, context: BenchContext): Promise<Run> {
  const server = await VictoriaMetricsServer.start()
  const writer = new MeasuredProcess('hot-store-run.js', context)
  try {
    const answer = await writer.ask<HotStoreAnswer>({ ...request, url: server.url })
    if (answer.windowsRead === 0) throw new Error('no windows were read')
    const serverCpu = cpuSecondsOf(server.pid!)
    await server.end('SIGTERM')
    return { answer, serverCpu, bytes: bytesIn(join(server.folder, 'storage', 'data')) }
  } finally {
    await writer.end()
    await server.remove()
  }
}

function columnsOf(runs: readonly Run[]): string[] {
  const median = (of: (run: Run) => number) =>
    runs
      .map(of)
      .sort((a, b) => a - b)
      [runs.length >> 1].toFixed(2)
  return [
    median(({ answer }) => (answer.written.cpuSeconds / answer.windows) * 1e6),
    median(({ answer, serverCpu }) => (serverCpu / answer.allWindows) * 1e6),
    median(({ answer, bytes }) => bytes / answer.allWindows),
    median(({ answer }) => (answer.read.cpuSeconds / answer.windowsRead) * 1e6),
  ]
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true }).reduce(
    (total, entry) => total + (entry.isFile() ? statSync(join(entry.parentPath, entry.name)).size : 0),
    0,
  )
}
