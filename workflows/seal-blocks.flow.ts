import { auditNowOrLater, describeFailure, reportFailures, sealReady } from './activity-calls.flow.js'

/** Rounds of one run: a backlog is worked off without waiting for the schedule, but a run stays short. */
const MAX_ROUNDS = 20

/** Seals what is ready and compares each newly sealed block with the speed layer's windows. Started by a schedule. */
export async function sealBlocks(): Promise<{ sealed: number }> {
  const failures: string[] = []
  let count = 0
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { sealed } = await sealReady()
    if (sealed.length === 0) break
    count += sealed.length
    for (const startMs of sealed) {
      await auditNowOrLater(startMs).catch((thrown) => failures.push(describeFailure(startMs, thrown)))
    }
  }
  reportFailures(failures)
  return { sealed: count }
}
