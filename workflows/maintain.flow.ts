import type { SweepOutcome } from '../batch/work.js'
import { sweep } from './activity-calls.flow.js'

/** Applies retention and removes what nothing refers to. Started by a schedule. */
export async function maintain(): Promise<SweepOutcome> {
  return sweep()
}
