import type { GroupFlush } from './flush.js'

/** What a target was told of a group last. */
export interface NotificationEntry {
  groupKey: string
  receiver: string
  /** Which of the receiver's ways; empty if it has one. */
  target: string
  /** Fingerprints of the alerts that fired then. */
  firing: readonly string[]
  /** And of those that were resolved. */
  resolved: readonly string[]
  /** ms since epoch. */
  toldMs: number
  /** From then on nobody needs it, ms. */
  expiresMs: number
}

/** What tells an entry from all others. */
type EntryKey = Pick<NotificationEntry, 'groupKey' | 'receiver' | 'target'>

/** What was told, to whom, and when. Several dispatchers may share one. */
export class NotificationLog {
  readonly #entries = new Map<string, NotificationEntry>()

  constructor(entries: readonly NotificationEntry[] = []) {
    for (const entry of entries) this.put(entry)
  }

  get(key: EntryKey): NotificationEntry | undefined {
    return this.#entries.get(textOf(key))
  }

  /** Never goes back to something older. */
  put(entry: NotificationEntry): void {
    const key = textOf(entry)
    const known = this.#entries.get(key)
    if (!known || known.toldMs <= entry.toldMs) this.#entries.set(key, entry)
  }

  /** Forgets what expired. */
  collect(nowMs: number): void {
    for (const [key, { expiresMs }] of this.#entries) if (expiresMs <= nowMs) this.#entries.delete(key)
  }
}

/** What is to be said of a group, and when something was said last. */
export interface Telling {
  firing: readonly string[]
  resolved: readonly string[]
  sendsResolved: boolean
  repeatMs: number
  nowMs: number
}

/** Why a target is to be told; undefined if it knows all there is to say. */
export function reasonToTell(entry: NotificationEntry | undefined, telling: Telling): GroupFlush['reason'] | undefined {
  const { firing, resolved, sendsResolved, repeatMs, nowMs } = telling
  if (!entry) return firing.length > 0 ? 'first' : undefined
  if (!isSubset(firing, entry.firing)) return entry.firing.length === 0 ? 'first' : 'changed'
  // What fired and was resolved between two looks, nobody was told of: there is nothing to take back.
  if (firing.length === 0) return entry.firing.length > 0 ? 'resolved' : undefined
  if (sendsResolved && !isSubset(resolved, entry.resolved)) return 'changed'
  return entry.toldMs < nowMs - repeatMs ? 'repeat' : undefined
}

function isSubset(some: readonly string[], all: readonly string[]): boolean {
  const known = new Set(all)
  return some.every((one) => known.has(one))
}

function textOf({ groupKey, receiver, target }: EntryKey): string {
  return JSON.stringify([groupKey, receiver, target])
}
