import type { ScheduleClient, ScheduleOptions } from '@temporalio/client'
import { parseDuration } from '../../schemas/config/duration.js'
import type { Config } from '../../schemas/config/schema.js'
import { FLOW, TASK_QUEUE } from '../../schemas/flows.js'

/** Temporal fires no schedule more often, ms. */
const SHORTEST_MS = 1_000
const MAINTAIN_EVERY_MS = 3_600_000
const DAY_MS = 86_400_000
/** Starts that were missed for so long, ms, are made up for. */
const CATCH_UP_MS = 60_000

/** Ids of the schedules. */
export const SCHEDULE_IDS = [
  'tidemark-seal',
  'tidemark-dirty',
  'tidemark-maintain',
  'tidemark-train',
  'tidemark-retrain',
] as const

/** One flow and how often it is started. */
interface Rhythm {
  scheduleId: (typeof SCHEDULE_IDS)[number]
  flow: string
  args?: unknown[]
  everyMs: number
  /** Starts lie so long after the multiples of `everyMs` since the epoch, ms; default 0. */
  offsetMs?: number
}

/** What is started by itself, and how often. */
function rhythms(config: Config): Rhythm[] {
  const sealMs = Math.max(SHORTEST_MS, parseDuration(config.batch.seal_every))
  return [
    { scheduleId: 'tidemark-seal', flow: FLOW.seal, everyMs: sealMs },
    { scheduleId: 'tidemark-dirty', flow: FLOW.dirty, everyMs: sealMs },
    { scheduleId: 'tidemark-maintain', flow: FLOW.maintain, everyMs: MAINTAIN_EVERY_MS },
    ...trainings(config),
  ]
}

/** Every night all patterns, and what was corrected soon after. */
function trainings({ anomaly }: Config): Rhythm[] {
  const { at, retrain_every } = anomaly.training
  const [hours, minutes] = at.split(':').map(Number)
  const offsetMs = (60 * hours + minutes) * 60_000
  const retrainMs = Math.max(SHORTEST_MS, parseDuration(retrain_every))
  return [
    { scheduleId: 'tidemark-train', flow: FLOW.train, args: ['all'], everyMs: DAY_MS, offsetMs },
    { scheduleId: 'tidemark-retrain', flow: FLOW.train, args: ['corrected'], everyMs: retrainMs },
  ]
}

/** Creates the schedules, or brings those that are there to what the configuration says. Their pauses by hand are kept. */
export async function ensureSchedules(client: ScheduleClient, config: Config): Promise<void> {
  for (const rhythm of rhythms(config)) {
    const wanted = scheduleOf(rhythm)
    try {
      await client.create(wanted)
    } catch (thrown) {
      if ((thrown as Error).name !== 'ScheduleAlreadyRunning') throw thrown
      const { spec, action, policies } = wanted
      await client.getHandle(rhythm.scheduleId).update(({ state }) => ({ spec, action, policies, state }))
    }
  }
}

/**
 * A start that falls due while the last run is still at work is left out: the next one finds all that there is to do.
 * One that fell due while the server was down is made up for, so that one that is stopped every day is maintained too.
 */
function scheduleOf({ scheduleId, flow, args = [], everyMs, offsetMs = 0 }: Rhythm) {
  return {
    scheduleId,
    spec: { intervals: [{ every: everyMs, offset: offsetMs }] },
    action: {
      type: 'startWorkflow',
      workflowType: flow,
      workflowId: scheduleId,
      taskQueue: TASK_QUEUE.batch,
      args,
    },
    policies: { overlap: 'SKIP', catchupWindow: Math.max(CATCH_UP_MS, everyMs) },
  } satisfies ScheduleOptions
}
