import { join } from 'node:path'
import { EmbeddedHotStore } from '../../adapters/embedded/hot-store.js'
import { EmbeddedLiveView } from '../../adapters/embedded/live-view.js'
import { EmbeddedLog } from '../../adapters/embedded/log.js'
import type { LateLedger, LatePoints } from '../../schemas/ports/late-ledger.js'
import type { LiveFeed, LiveView } from '../../schemas/ports/window-store.js'
import { startSpeedLayer } from '../../speed/speed-layer.js'
import { answerRequests, type Spent, startMeter } from './measured-process.js'

/** What the bench asks: read the log in this folder until so many points are in closed windows. */
export interface WindowsRequest {
  folder: string
  partitions: number
  points: number
}

/** What one run took: all of it, and its second half, when the code is warm. */
export interface WindowsAnswer {
  whole: Spent
  secondHalf: Spent
  points: number
  latePoints: number
}

const DAY_MS = 86_400_000
const RULES = { latenessMs: 15_000, idleAfterMs: 30_000 }

answerRequests<WindowsRequest>(run, async () => {})

async function run({ folder, partitions, points }: WindowsRequest): Promise<WindowsAnswer> {
  const retentionMs = { 'tidemark.points': DAY_MS, 'tidemark.windows': DAY_MS, 'tidemark.deadletter': DAY_MS }
  const clock = Date.now
  const log = new EmbeddedLog({ folder: join(folder, 'log'), partitions, retentionMs, clock })
  const hot = new EmbeddedHotStore(join(folder, 'hot'))
  const late = new CountingLedger()
  const view = new EmbeddedLiveView(partitions)
  const half = startMeter()
  const all = startMeter()
  let firstHalf: Spent | undefined
  let closed = 0
  let trimmedMs = Number.NEGATIVE_INFINITY
  const done = new Promise<void>((resolve) => {
    const counted = async (feed: LiveFeed, ...[batches, closedThroughMs]: Parameters<LiveFeed['put']>) => {
      await feed.put(batches, closedThroughMs)
      if (batches.length === 0) return
      for (const { windows } of batches) for (let row = 0; row < windows.length; row++) closed += windows.count[row]
      if (firstHalf === undefined && closed >= points / 2) firstHalf = half()
      // The live view holds the last 15 minutes.
      if (batches[0].startMs >= trimmedMs + 60_000) {
        trimmedMs = batches[0].startMs
        await view.trim(trimmedMs - 900_000)
      }
      if (closed >= points) resolve()
    }
    // Everything else of the port is not called by the speed layer.
    const follow: LiveView['follow'] = async (...partition) => {
      const feed = await view.follow(...partition)
      return { put: (...given) => counted(feed, ...given), beat: () => feed.beat() }
    }
    const live = Object.assign(Object.create(view) as LiveView, { follow })
    const options = {
      log,
      hot,
      live,
      late,
      progress: { note: async () => {}, forget: async () => {}, complete: async () => {} },
      rollups: [],
      rules: RULES,
      clock,
      onError: (error: Error) => console.error(error.message),
    }
    void startSpeedLayer({ ...options, sleep: (ms) => new Promise((wake) => setTimeout(wake, ms)) }).then((layer) =>
      layer.ended.catch((error) => {
        console.error(error)
        process.exit(1)
      }),
    )
  })
  await done
  const answer = { whole: all(), secondHalf: half(), points: closed, latePoints: late.points }
  await log.close()
  await hot.close()
  return answer
}

/** A ledger in memory. */
class CountingLedger implements LateLedger {
  points = 0

  async record(late: readonly LatePoints[]): Promise<void> {
    for (const { points } of late) for (const count of points) this.points += count
  }

  async forget(): Promise<void> {}
}
