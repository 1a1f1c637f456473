/** Where a consumer stands in its group. */
export type GroupPhase = 'joining' | 'joined' | 'reading' | 'over'

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

/** A phase and since when it has lasted; while reading, since the loop last turned. */
export interface GroupStanding {
  phase: GroupPhase
  sinceMs: number
}

/** The standing after an event. */
export function standingAfter(standing: GroupStanding, event: GroupEvent, nowMs: number): GroupStanding {
  const phase = next[standing.phase][event]
  const isNewer = phase !== standing.phase || (phase === 'reading' && event === 'turn')
  return isNewer ? { phase, sinceMs: nowMs } : standing
}

/**
 * How long a phase may last before the consumer is held to be stuck, ms. A request is given up after 10 s and tried
 * again some times; a rebalance waits for each member for 15 s.
 */
const LIMIT_MS: Record<GroupPhase, number> = {
  joining: 60_000,
  joined: 30_000,
  reading: 60_000,
  over: Number.POSITIVE_INFINITY,
}

const STUCK: Record<GroupPhase, string> = {
  joining: 'a rebalance did not come to its end',
  joined: 'the group did not confirm it after a rebalance',
  reading: 'it stopped fetching',
  over: '',
}

/** Why a consumer is held to be stuck; undefined while it is not. */
export function stuckReason({ phase, sinceMs }: GroupStanding, nowMs: number): string | undefined {
  const lastedMs = nowMs - sinceMs
  return lastedMs > LIMIT_MS[phase] ? `${STUCK[phase]} within ${Math.round(lastedMs / 1000)} s` : undefined
}
