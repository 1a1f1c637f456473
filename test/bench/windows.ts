import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { EmbeddedLog } from '../../adapters/embedded/log.js'
import { createGateway } from '../../ingest/gateway/gateway.js'
import { InfluxDecoder } from '../../ingest/influx/decoder.js'
import { firstLayout } from '../../ingest/routing/plan-layout.js'
import { loadConfig } from '../../schemas/config/load.js'
import { WINDOW_MS } from '../../schemas/time.js'
import type { Bench, BenchContext, Figure } from './bench.js'
import { MeasuredProcess } from './measured-process.js'
import { type Body, bodiesOf, SHAPES, type Shape } from './shapes.js'
import type { WindowsAnswer, WindowsRequest } from './windows-run.js'

/** A Monday at midnight; the data are the same in every run. */
const START_MS = 1_767_571_200_000
const DAY_MS = 86_400_000
const PARTITIONS = 4

/** Windows read, so that each shape makes some millions of points. */
const WINDOWS: Readonly<Record<string, number>> = { low10k: 200, low100k: 16, dense1k: 30 }

/** From the log to closed windows. */
export const windows: Bench = {
  name: 'windows',
  about: 'log to closed windows in live view, hot store and windows topic; one process, second half of the points',
  async run(context) {
    const figures: Figure[] = []
    for (const shape of SHAPES) figures.push(await measureShape(shape, context))
    return figures
  },
}

async function measureShape(shape: Shape, context: BenchContext): Promise<Figure> {
  const filled = join(context.folder, shape.name)
  context.progress(`${shape.name}: filling the log`)
  const points = await fillLog(filled, shape)
  const values: number[] = []
  const cpu: number[] = []
  for (let run = 0; run < context.runs; run++) {
    context.progress(`${shape.name}: run ${run + 1} of ${context.runs}`)
    const folder = join(context.folder, `run-${run}`)
    cpSync(filled, folder, { recursive: true })
    const { secondHalf, whole } = await readLog({ folder, partitions: PARTITIONS, points }, context)
    rmSync(folder, { recursive: true })
    values.push(points / 2 / secondHalf.wallSeconds)
    cpu.push((secondHalf.cpuSeconds / (points / 2)) * 1e6)
    const cold = (whole.cpuSeconds / points) * 1e6
    context.progress(`${shape.name}: ${cold.toFixed(2)} CPU-s/M from the first point on`)
  }
  rmSync(filled, { recursive: true })
  return { key: `windows ${shape.name}`, unit: 'points/s', values, cpuSecondsPerMillion: cpu }
}

async function readLog(request: WindowsRequest, context: BenchContext): Promise<WindowsAnswer> {
  const reader = new MeasuredProcess('windows-run.js', context)
  try {
    const answer = await reader.ask<WindowsAnswer>(request)
    if (answer.points !== request.points || answer.latePoints > 0) {
      throw new Error(`${request.points} points in the log, ${answer.points} in windows, ${answer.latePoints} late`)
    }
    return answer
  } finally {
    await reader.end()
  }
}

/** Fills a log through the gateway, as live input would, and adds what closes the last window. @returns points in closed windows */
async function fillLog(folder: string, shape: Shape): Promise<number> {
  const { limits } = loadConfig({ env: {} })
  const retentionMs = { 'tidemark.points': DAY_MS, 'tidemark.windows': DAY_MS, 'tidemark.deadletter': DAY_MS }
  let nowMs = START_MS
  const clock = () => nowMs
  const log = new EmbeddedLog({ folder: join(folder, 'log'), partitions: PARTITIONS, retentionMs, clock })
  const gateway = createGateway({ log, layouts: [firstLayout(PARTITIONS)], limits, policies: [], clock })
  const decoder = new InfluxDecoder()
  const append = async (body: Body): Promise<number> => {
    const request = gateway.open()
    decoder.decode(body.bytes, { nowMs }, request)
    return (await request.commit()).accepted
  }
  const count = WINDOWS[shape.name]
  let points = 0
  for (let w = 0; w < count; w++) {
    nowMs = START_MS + (w + 1) * WINDOW_MS
    for (const body of bodiesOf(shape, nowMs - WINDOW_MS, 1)) points += await append(body)
  }
  nowMs += 60_000
  // One window later than all others, of which each partition needs a point.
  for (const body of bodiesOf(shape, nowMs - WINDOW_MS, 1)) await append(body)
  await log.close()
  return points
}
