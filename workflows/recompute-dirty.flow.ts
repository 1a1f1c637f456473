import { describeFailure, dirtyReady, recomputeAndAudit, reportFailures } from './activity-calls.flow.js'

/** Recomputes the dirty blocks whose time has come. A block that fails does not hold up the others. Started by a schedule. */
export async function recomputeDirty(): Promise<{ recomputed: number }> {
  const failures: string[] = []
  const due = await dirtyReady()
  for (const startMs of due) {
    await recomputeAndAudit(startMs).catch((thrown) => failures.push(describeFailure(startMs, thrown)))
  }
  reportFailures(failures)
  return { recomputed: due.length }
}
