import type { EscalationWork } from '../../alerting/escalation/escalator.js'
import type { BatchWork } from '../../batch/work.js'
import type { TimeRange } from '../../schemas/time.js'

/** Length of a block here, ms. */
export const BLOCK_MS = 600_000

/** Batch work that only writes down what was asked of it. */
export interface FakeWork extends BatchWork {
  /** Every call, as `method` or `method argument`, in order. */
  calls: string[]
  /** Blocks that sealReady gives out once. */
  ready: number[]
  /** Blocks that dirtyReady gives out once. */
  dirty: number[]
  /** As many audits as it has entries find that it is too early. */
  unclosed: number[]
  /** Where the next pages of trainings begin: as many more pages as it has entries. */
  pages: string[]
  /** Runs before a block is recomputed; may wait or throw. */
  beforeBlock(startMs: number): Promise<void>
}

/** Escalation where there are no incidents. */
export const idleEscalation: EscalationWork = {
  next: async () => ({ kind: 'none' }),
  take: async () => undefined,
  apply: async () => undefined,
}

export function createFakeWork(): FakeWork {
  const calls: string[] = []
  const fake: FakeWork = {
    calls,
    ready: [],
    dirty: [],
    unclosed: [],
    pages: [],
    beforeBlock: async () => undefined,
    async sealReady() {
      calls.push('sealReady')
      return { sealed: fake.ready.splice(0) }
    },
    async dirtyReady() {
      calls.push('dirtyReady')
      return fake.dirty.splice(0)
    },
    async recomputeBlock(startMs) {
      await fake.beforeBlock(startMs)
      calls.push(`recompute ${startMs}`)
      return { generation: 2, epoch: calls.length, points: 1 }
    },
    async blocksIn({ startMs, endMs }: TimeRange) {
      return blocksBetween(startMs, endMs)
    },
    async auditBlock(startMs) {
      calls.push(`audit ${startMs}`)
      const pending = fake.unclosed.splice(0, 1).length > 0
      return { audited: !pending, pending, windows: 60, explained: 0, unexplained: 0 }
    },
    async planTraining(kind) {
      calls.push(`plan ${kind}`)
      return { kind, range: rangeOf(1), epoch: calls.length }
    },
    async trainPage({ kind }, after) {
      calls.push(`train ${kind} after ${after ?? 'none'}`)
      const next = fake.pages.splice(0, 1)[0]
      return { trained: 1, unchanged: 0, tooShort: 0, ...(next !== undefined && { next }) }
    },
    async sweep() {
      calls.push('sweep')
      return { filesDropped: 0, orphansRemoved: 0, filesCompacted: 0 }
    },
  }
  return fake
}

/** Starts of the blocks of a range, oldest first, ms. */
export function blocksBetween(startMs: number, endMs: number): number[] {
  const starts: number[] = []
  for (let start = Math.floor(startMs / BLOCK_MS) * BLOCK_MS; start < endMs; start += BLOCK_MS) starts.push(start)
  return starts
}

/** A range of so many blocks. */
export function rangeOf(blocks: number, startMs = 0): TimeRange {
  return { startMs, endMs: startMs + blocks * BLOCK_MS }
}
