import { join } from 'node:path'
import { WINDOW_MS } from '../../schemas/time.js'
import type { Bench, BenchContext, Figure } from './bench.js'
import type { IngestServerMeter, IngestServerRequest, IngestServerStarted } from './ingest-server.js'
import { MeasuredProcess } from './measured-process.js'
import { sendBodies } from './send-bodies.js'
import { type Body, bodiesOf, SHAPES, type Shape } from './shapes.js'

const POINTS = 3_000_000
/** Sent before the clock runs, by hosts of other names: the code is warm, the series are new. */
const WARM_UP_POINTS = 500_000
/** Bodies held ready; they are sent again and again. */
const BODIES = 50

/** Influx text over HTTP until the log has it. */
export const ingest: Bench = {
  name: 'ingest',
  about: 'Influx text over HTTP, acknowledged in the log (fsync); one server process, 4 connections',
  async run(context) {
    const figures: Figure[] = []
    for (const shape of SHAPES) figures.push(...(await measureShape(shape, context)))
    return figures
  },
}

async function measureShape(shape: Shape, context: BenchContext): Promise<Figure[]> {
  const startMs = Math.floor(Date.now() / WINDOW_MS) * WINDOW_MS - 60 * WINDOW_MS
  const warmUp = first(bodiesOf(shape, startMs, 50, 'warm'), 10)
  const bodies = first(bodiesOf(shape, startMs, 50), BODIES)
  const rate: number[] = []
  const cpu: number[] = []
  for (let run = 0; run < context.runs; run++) {
    context.progress(`${shape.name}: run ${run + 1} of ${context.runs}`)
    const server = new MeasuredProcess('ingest-server.js', context)
    const ask = <T>(message: IngestServerRequest) => server.ask<T>(message)
    try {
      const { port } = await ask<IngestServerStarted>({
        start: { folder: join(context.folder, `${shape.name}-${run}`) },
      })
      await sendBodies(port, cycle(warmUp, WARM_UP_POINTS))
      const before = await ask<IngestServerMeter>({ meter: true })
      await sendBodies(port, cycle(bodies, POINTS))
      const { accepted, wallSeconds, cpuSeconds } = await ask<IngestServerMeter>({ meter: true })
      const points = accepted - before.accepted
      if (points !== POINTS) throw new Error(`${shape.name}: sent ${POINTS} points, the gateway counted ${points}`)
      rate.push(points / wallSeconds)
      cpu.push((cpuSeconds / points) * 1e6)
    } finally {
      await server.end()
    }
  }
  return [{ key: `ingest ${shape.name}`, unit: 'points/s', values: rate, cpuSecondsPerMillion: cpu }]
}

function first<T>(values: Iterable<T>, count: number): T[] {
  const taken: T[] = []
  for (const value of values) {
    taken.push(value)
    if (taken.length === count) break
  }
  return taken
}

/** Bodies again and again, until they make `points`. */
function* cycle(bodies: Body[], points: number): Iterator<Body> {
  for (let sent = 0, i = 0; sent < points; sent += bodies[i].points, i = (i + 1) % bodies.length) yield bodies[i]
}
