import { continueAsNew, workflowInfo } from '@temporalio/workflow'
import type { TrainedPage, TrainingKind, TrainingPlan } from '../batch/work.js'
import { planTraining, trainPage } from './activity-calls.flow.js'

/** Where a run stands that goes on in another one. */
interface Carried {
  plan: TrainingPlan
  done: TrainedPage
}

/**
 * Trains seasonal patterns, page by page: every night all of them, and every few minutes those whose history was
 * recomputed since. Started by schedules.
 */
export async function trainPatterns(kind: TrainingKind, carried?: Carried): Promise<TrainedPage> {
  const plan = carried?.plan ?? (await planTraining(kind))
  const done: TrainedPage = carried?.done ?? { trained: 0, unchanged: 0, tooShort: 0 }
  do {
    const page = await trainPage(plan, done.next)
    done.trained += page.trained
    done.unchanged += page.unchanged
    done.tooShort += page.tooShort
    done.next = page.next
    if (done.next !== undefined && workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof trainPatterns>(kind, { plan, done })
  } while (done.next !== undefined)
  return done
}
