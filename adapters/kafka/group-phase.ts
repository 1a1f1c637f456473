/** Where a consumer stands in its group. */
type GroupPhase = 'joining' | 'joined' | 'reading' | 'over'

/**
 * What happens to it: a rebalance began, its share was told, the group confirmed its generation, its loop of fetches
 * turned, it ended.
 */
export type GroupEvent = 'rebalance' | 'share' | 'confirm' | 'turn' | 'end'

const next: Record<GroupPhase, Record<GroupEvent, GroupPhase>> = {
  joining: { rebalance: 'joining', share: 'joined', confirm: 'joining', turn: 'joining', end: 'over' },
  joined: { rebalance: 'joining', share: 'joined', confirm: 'reading', turn: 'joined', end: 'over' },
  reading: { rebalance: 'joining', share: 'joined', confirm: 'reading', turn: 'reading', end: 'over' },
  over: { rebalance: 'over', share: 'over', confirm: 'over', turn: 'over', end: 'over' },
}

/** A phase, and since when the consumer has been without confirmed share; while reading, since its loop last turned. */
export interface GroupStanding {
  phase: GroupPhase
  sinceMs: number
}

/** The standing after an event. */
export function standingAfter(standing: GroupStanding, event: GroupEvent, nowMs: number): GroupStanding {
  const phase = next[standing.phase][event]
  // Rebalances that follow each other without a confirmed share in between are one.
  const changesReading = (phase === 'reading') !== (standing.phase === 'reading')
  const turns = phase === 'reading' && event === 'turn'
  return { phase, sinceMs: changesReading || turns ? nowMs : standing.sinceMs }
}

/**
 * How long a consumer may be without a confirmed share, or its loop without a turn, before it is held to be stuck, ms.
 * A request is given up after 10 s and tried again some times; a rebalance waits for each member for 15 s.
 */
const LIMIT_MS = 60_000

const STUCK: Record<GroupPhase, string | undefined> = {
  joining: 'a rebalance did not come to its end',
  joined: 'the group did not confirm its share',
  reading: 'it stopped fetching',
  over: undefined,
}

/** Why a consumer is held to be stuck; undefined while it is not. */
export function stuckReason({ phase, sinceMs }: GroupStanding, nowMs: number): string | undefined {
  const lastedMs = nowMs - sinceMs
  const reason = lastedMs > LIMIT_MS ? STUCK[phase] : undefined
  return reason && `${reason} within ${Math.round(lastedMs / 1000)} s`
}
