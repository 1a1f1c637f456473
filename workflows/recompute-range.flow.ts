import {
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import { PROGRESS_QUERY } from '../schemas/flows.js'
import type { RecomputeProgress } from '../schemas/ports/workflows.js'
import type { TimeRange } from '../schemas/time.js'
import { describeFailure, nextBlocks, reasonOf, recomputeAndAudit } from './activity-calls.flow.js'
import { SIGNALS, steered, type Wish } from './steering.flow.js'

/** Blocks of one run: about 2,400 events of history, then the flow goes on in a new run. */
const BLOCKS_PER_RUN = 200

/** Failed blocks that are named; the rest are counted. */
const NAMED_FAILURES = 3

/** What one run of the flow leaves to the next. */
export interface Carried {
  wish: Wish
  blocksDone: number
  blocksFailed: number
  /** The first failures, in words. */
  failures: string[]
  /** Start of the last block that was tried, ms. */
  afterMs: number
}

/**
 * Recomputes the blocks of a range, one after the other, oldest first. Takes the signals pause, resume and cancel
 * between two blocks; answers `progress` at any time, after its end too. A block that fails in spite of all retries is
 * reported at the end, when the others are done. Temporal's own cancel does what the signal does.
 */
export async function recomputeRange(range: TimeRange, carried = freshStart('go')): Promise<RecomputeProgress> {
  const run: Carried = { ...carried, failures: [...carried.failures] }
  const progress: RecomputeProgress = {
    workflowId: workflowInfo().workflowId,
    state: 'running',
    blocksTotal: run.blocksDone + run.blocksFailed,
    blocksDone: run.blocksDone,
  }
  setHandler(defineQuery<RecomputeProgress>(PROGRESS_QUERY), () => shown(progress, run))
  for (const signal of SIGNALS) {
    setHandler(defineSignal(signal), () => {
      run.wish = steered[run.wish][signal]
    })
  }
  let unfinished = false
  try {
    unfinished = run.wish !== 'end' && (await recomputePage(range, run, progress))
  } catch (thrown) {
    if (isCancellation(thrown)) progress.state = 'cancelled'
    else fail(progress, reasonOf(thrown))
    throw thrown
  }
  if (unfinished) await continueAsNew<typeof recomputeRange>(range, run)
  progress.state = run.wish === 'end' ? 'cancelled' : 'completed'
  if (run.blocksFailed > 0 && run.wish !== 'end') {
    fail(progress, failureOf(run))
    throw ApplicationFailure.nonRetryable(failureOf(run), 'BlocksFailed')
  }
  return shown(progress, run)
}

/** What a range is started with when nothing of it is done. */
export function freshStart(wish: Wish): Carried {
  return { wish, blocksDone: 0, blocksFailed: 0, failures: [], afterMs: Number.MIN_SAFE_INTEGER }
}

/** Recomputes up to BLOCKS_PER_RUN blocks; true if more are left and wanted. */
async function recomputePage(range: TimeRange, run: Carried, progress: RecomputeProgress): Promise<boolean> {
  const { count, starts } = await nextBlocks(range, run.afterMs, BLOCKS_PER_RUN)
  progress.blocksTotal = run.blocksDone + run.blocksFailed + count
  for (const startMs of starts) {
    await condition(() => run.wish !== 'wait')
    if (run.wish === 'end') return false
    progress.currentMs = startMs
    // Shielded: a block that was begun is finished and counted, then the cancel is seen by the next condition().
    await CancellationScope.nonCancellable(() => recomputeAndAudit(startMs)).then(
      () => {
        run.blocksDone++
      },
      (thrown) => {
        run.blocksFailed++
        if (run.failures.length < NAMED_FAILURES) run.failures.push(describeFailure(startMs, thrown))
      },
    )
    run.afterMs = startMs
    delete progress.currentMs
  }
  return count > starts.length
}

function shown(progress: RecomputeProgress, run: Carried): RecomputeProgress {
  const isPaused = progress.state === 'running' && run.wish === 'wait'
  const failure = progress.failure ?? (run.blocksFailed > 0 ? failureOf(run) : undefined)
  return {
    ...progress,
    state: isPaused ? 'paused' : progress.state,
    blocksDone: run.blocksDone,
    ...(failure && { failure }),
  }
}

function fail(progress: RecomputeProgress, failure: string): void {
  progress.state = 'failed'
  progress.failure = failure
}

function failureOf(run: Carried): string {
  const more = run.blocksFailed - run.failures.length
  return run.failures.join('; ') + (more > 0 ? `; and ${more} more blocks` : '')
}
