import { join } from 'node:path'
import { textTable } from '../../../cli/text-table.js'
import { WINDOW_MS } from '../../../schemas/time.js'
import { Cluster } from '../../chaos/cluster.js'
import { type Bench, type BenchContext, CannotRun, type Figure } from '../bench.js'
import { SHAPES, type Shape } from '../shapes.js'
import { median } from '../table.js'
import { measureVisible } from '../visible.js'
import { type Job, type JobRun, jobOf, ownCpu } from './job.js'
import { runKafkaStreams } from './kafka-streams.js'
import { runTidemark } from './tidemark.js'
import { runVmagent } from './vmagent.js'

/** Windows begin so long ago, ms: the live view still takes them. */
const AGO_MS = 9 * 60_000

/** In the order in which they take their turns. */
const COMPETITORS: readonly ((job: Job, folder: string) => Promise<JobRun>)[] = [
  runTidemark,
  runKafkaStreams,
  runVmagent,
]

/** Text to windows on the real engines, beside what others do of the same job with the same input. */
export const cluster: Bench = {
  name: 'cluster',
  about:
    'Influx text → Kafka → windows → Redis and VictoriaMetrics, by role, beside Kafka Streams and vmagent; not in a run of all',
  onlyByName: true,
  async run(context) {
    const figures: Figure[] = []
    const rows: string[][] = []
    for (const shape of SHAPES) {
      const runs = await runsOf(shape, context)
      rows.push(...table(shape, runs))
      figures.push(figureOf(shape, runs[0]))
    }
    context.print(
      textTable(['shape', 'job', 'points/s', 'CPU-s/M', 'ratio', 'of that, and what is written to', 'notes'], rows),
    )
    return [...figures, ...(await visibleOnCluster(context))]
  },
}

/** The runs of each competitor, by turns. */
async function runsOf(shape: Shape, context: BenchContext): Promise<JobRun[][]> {
  const runs: JobRun[][] = COMPETITORS.map(() => [])
  for (let run = 0; run < context.runs; run++) {
    for (const [i, compete] of COMPETITORS.entries()) {
      const startMs = Math.floor((Date.now() - AGO_MS) / WINDOW_MS) * WINDOW_MS
      const folder = join(context.folder, `${shape.name}-${run}-${i}`)
      try {
        const done = await compete(jobOf(shape, startMs), folder)
        context.progress(`${shape.name}: ${done.name}, ${ownCpu(done).toFixed(2)} CPU-s a million points`)
        runs[i].push(done)
      } catch (thrown) {
        if (!(thrown instanceof CannotRun)) throw thrown
        context.progress(thrown.message)
      }
    }
  }
  return runs
}

/** A row for each competitor: medians, and how much more than Tidemark it spends. */
function table({ name: shape }: Shape, competitors: readonly JobRun[][]): string[][] {
  const own = median(competitors[0].map(ownCpu))
  return competitors
    .filter((runs) => runs.length > 0)
    .map((runs) => {
      const [{ name, notes, own: ownNames, cpu }] = runs
      const spent = median(runs.map(ownCpu))
      const rate = runs[0].pointsPerSecond && median(runs.map(({ pointsPerSecond = 0 }) => pointsPerSecond))
      const parts = Object.keys(cpu).map((part) => {
        const seconds = median(runs.map((run) => run.cpu[part])).toFixed(2)
        return ownNames.includes(part) ? `${part} ${seconds}` : `(${part} ${seconds})`
      })
      const pointsPerSecond = rate ? Math.round(rate).toLocaleString('en') : 'paced'
      return [shape, name, pointsPerSecond, spent.toFixed(2), `x${(spent / own).toFixed(2)}`, parts.join(', '), notes]
    })
}

function figureOf({ name }: Shape, runs: readonly JobRun[]): Figure {
  return {
    key: `cluster ${name}`,
    unit: 'points/s',
    values: runs.map(({ pointsPerSecond = 0 }) => pointsPerSecond),
    cpuSecondsPerMillion: runs.map(ownCpu),
  }
}

/** From sending a point to the first answer that has it, over all the engines. */
async function visibleOnCluster(context: BenchContext): Promise<Figure[]> {
  const running = await Cluster.start(join(context.folder, 'visible'), context.progress)
  try {
    const [gateway] = running.of('gateway')
    const [serving] = running.of('serving')
    return await measureVisible('cluster visible', gateway.url, serving.url)
  } finally {
    await running.stop()
  }
}
