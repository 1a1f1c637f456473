import { join } from 'node:path'
import { Kind } from '../../schemas/points.js'
import { Series } from '../../schemas/series/series.js'
import { TIERS } from '../../schemas/time.js'
import { normal, seededRandom } from '../random.js'
import type { Bench, BenchContext, Figure } from './bench.js'
import { MeasuredProcess } from './measured-process.js'
import { archivePoints, BLOCK_MS, BLOCK_START_MS, type SeriesPoints } from './raw-points.js'
import type { RecomputeAnswer, RecomputeRequest } from './recompute-run.js'

/** Blocks of 6 million and 600,000 points, by shape: series, and ms between their points. */
const BLOCKS: Readonly<Record<string, { series: number; stepMs: number }>> = {
  dense1k: { series: 1000, stepMs: 100 },
  low10k: { series: 10_000, stepMs: 10_000 },
}

/** Raw Parquet to the files of every tier. */
export const recompute: Bench = {
  name: 'recompute',
  about: 'raw Parquet of a 10-minute block to the files of all tiers (10s to 1d); 2 threads',
  async run(context) {
    const figures: Figure[] = []
    for (const name of Object.keys(BLOCKS)) figures.push(await measureBlock(name, context))
    return figures
  },
}

async function measureBlock(name: string, context: BenchContext): Promise<Figure> {
  const { series, stepMs } = BLOCKS[name]
  context.progress(`${name}: archiving a block`)
  const raw = await archivePoints(join(context.folder, name), blockPoints(series, stepMs), BLOCK_MS)
  const values: number[] = []
  const cpu: number[] = []
  for (let run = 0; run < context.runs; run++) {
    context.progress(`${name}: run ${run + 1} of ${context.runs}`)
    const { points, windows, wallSeconds, cpuSeconds } = await computeTiers(
      { rawPath: raw.path, folder: join(context.folder, `${name}-${run}`) },
      context,
    )
    const missing = TIERS.find((tier) => !(windows[tier] >= series))
    if (points !== raw.points || missing)
      throw new Error(`${points} of ${raw.points} points, tier ${missing} has too few windows`)
    values.push(points / wallSeconds)
    cpu.push((cpuSeconds / points) * 1e6)
  }
  return { key: `recompute ${name}`, unit: 'points/s', values, cpuSecondsPerMillion: cpu }
}

async function computeTiers(request: RecomputeRequest, context: BenchContext): Promise<RecomputeAnswer> {
  const worker = new MeasuredProcess('recompute-run.js', context)
  try {
    return await worker.ask<RecomputeAnswer>(request)
  } finally {
    await worker.end()
  }
}

function* blockPoints(count: number, stepMs: number): Iterable<SeriesPoints> {
  const random = seededRandom(count)
  const timeMs = Float64Array.from({ length: BLOCK_MS / stepMs }, (_, i) => BLOCK_START_MS + (i + 1) * stepMs)
  for (let i = 0; i < count; i++) {
    const series = Series.of('api_latency', { host: `host_${i}`, region: `region_${i % 6}` }, Kind.Sample)
    const value = Float64Array.from(timeMs, () => Number((0.05 * Math.exp(0.5 * normal(random))).toFixed(3)))
    yield { series, timeMs, value }
  }
}
