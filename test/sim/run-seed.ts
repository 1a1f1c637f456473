import { Simulation } from './simulation.js'
import type { Stage } from './stage.js'
import { World } from './world.js'

/** How a seed went. */
export interface SeedOutcome {
  seed: number
  /** Undefined if everything held. */
  failure?: string
  /** What happened, step by step. */
  trace: readonly string[]
  points: number
  /** Processes that lived and died. */
  lives: number
}

/** Runs one seed from an empty world to its end. */
export async function runSeed(stage: Stage, seed: number): Promise<SeedOutcome> {
  const world = await World.create(stage, seed)
  const simulation = new Simulation(world)
  const outcome = (failure?: string) => ({
    seed,
    failure,
    trace: world.trace,
    points: world.stored.length,
    lives: simulation.lives,
  })
  try {
    await simulation.run()
    return outcome()
  } catch (thrown) {
    return outcome(describe(thrown))
  } finally {
    await simulation.close()
    await world.close()
  }
}

function describe(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const cause = thrown.cause === undefined ? '' : `\n  because: ${describe(thrown.cause)}`
  const place = thrown.stack?.split('\n').slice(1, 6).join('\n') ?? ''
  return `${thrown.message}\n${place}${cause}`
}
