import { ApplicationFailure, sleep } from '@temporalio/workflow'
import { auditBlock } from './activity-calls.flow.js'

const FIRST_WAIT_MS = 10_000
const LONGEST_WAIT_MS = 300_000
/** About two hours, with the waits above. */
const ATTEMPTS = 30

/** Audits a block for which it was too early: the speed layer had not closed its windows yet. */
export async function auditLater(startMs: number): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    await sleep(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt))
    const { pending } = await auditBlock(startMs)
    if (!pending) return
  }
  const block = new Date(startMs).toISOString()
  throw ApplicationFailure.nonRetryable(
    `block ${block} was never closed by the speed layer, so it was not audited`,
    'NotAudited',
  )
}
