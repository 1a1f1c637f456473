import { WINDOW_MS } from '../../../schemas/time.js'
import { type Body, bodiesOf, type Shape } from '../shapes.js'

/** Windows that are sent before the clock runs: the code is warm, the series are known. */
const WARM_UP_WINDOWS = { low10k: 20, low100k: 6, dense1k: 8 } as const
/** All of them lie within what the live view holds. */
const MEASURED_WINDOWS = { low10k: 32, low100k: 12, dense1k: 20 } as const
/** Where a window has few points, several fleets warm the code up; all but one are silent then. */
const WARM_UP_FLEETS = { low10k: 4, low100k: 1, dense1k: 1 } as const

/** What every competitor is given: the same request bodies, in the same order. */
export interface Job {
  shape: Shape
  /** Start of the first window, ms. */
  startMs: number
  warmUp: Body[]
  measured: Body[]
  /** Points of the measured bodies. */
  points: number
  /** Measured bodies of one window. */
  perWindow: number
}

/** What one competitor spent on the measured part of a job. */
export interface JobRun {
  name: string
  /** Undefined where the input was paced. */
  pointsPerSecond?: number
  /** CPU of each process per million points, seconds, by name; those of the first `own` are what is compared. */
  cpu: Readonly<Record<string, number>>
  /** Names in `cpu` that do the job; the others are servers that it writes to. */
  own: readonly string[]
  /** What else is to be said of it. */
  notes: string
}

/** The job of a shape. @param startMs start of its first window */
export function jobOf(shape: Shape, startMs: number): Job {
  const key = shape.name as keyof typeof WARM_UP_WINDOWS
  const warm = WARM_UP_WINDOWS[key]
  const warmUp: Body[] = []
  for (let window = 0; window < warm; window++) {
    for (let fleet = 0; fleet < WARM_UP_FLEETS[key]; fleet++)
      warmUp.push(...bodiesOf(shape, startMs + window * WINDOW_MS, 1, fleet === 0 ? 'host' : `warm${fleet}`))
  }
  const measured = [...bodiesOf(shape, startMs + warm * WINDOW_MS, MEASURED_WINDOWS[key])]
  return {
    shape,
    startMs,
    warmUp,
    measured,
    points: pointsOf(measured),
    perWindow: measured.length / MEASURED_WINDOWS[key],
  }
}

/** Points in bodies. */
export function pointsOf(bodies: readonly Body[]): number {
  return bodies.reduce((sum, { points }) => sum + points, 0)
}

/** CPU seconds per million points of what does the job itself. */
export function ownCpu({ cpu, own }: JobRun): number {
  return own.reduce((sum, name) => sum + cpu[name], 0)
}
