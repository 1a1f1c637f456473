import { mkdirSync } from 'node:fs'
import { computeBlock } from '../../batch/recompute/compute.js'
import { touchedSpans } from '../../batch/recompute/spans.js'
import { answerRequests, type Spent, startMeter } from './measured-process.js'
import { BLOCK_MS, BLOCK_START_MS, benchEngine } from './raw-points.js'

/** What the bench asks: every tier of the block whose raw points are in this file. */
export interface RecomputeRequest {
  rawPath: string
  folder: string
}

export interface RecomputeAnswer extends Spent {
  points: number
  /** Windows by tier. */
  windows: Record<string, number>
}

answerRequests<RecomputeRequest>(run, async () => {})

async function run({ rawPath, folder }: RecomputeRequest): Promise<RecomputeAnswer> {
  mkdirSync(folder)
  const engine = benchEngine(folder)
  const spent = startMeter()
  const { points, files } = await engine.runAlone((tools) =>
    computeBlock({
      tools,
      rawPaths: [rawPath],
      spans: touchedSpans(BLOCK_START_MS, BLOCK_MS, BLOCK_START_MS + BLOCK_MS),
      tierPaths: async () => [],
      findSeries: () => undefined,
      rollups: [],
      folder,
    }),
  )
  const answer = { ...spent(), points, windows: Object.fromEntries(files.map(({ tier, windows }) => [tier, windows])) }
  await engine.close()
  return answer
}
