import type { LogEntry } from '../../schemas/ports/log.js'
import type { Clock } from '../../schemas/time.js'
import type { GroupConsumer, GroupListener, Membership } from './client-parts.js'
import { settledWithin } from './deadline.js'
import { type GroupEvent, type GroupStanding, standingAfter, stuckReason } from './group-phase.js'

/** A consumer that takes longer to leave its group is left to the group's own timeout, ms. */
const LEAVE_MS = 5000

/** What a session asks of who owns it. */
export interface SessionOwner {
  /** Partitions held, to be kept if the group allows. */
  held(): readonly number[]
  /** The share from now on. Whatever is not in it may be another's already. */
  shared(partitions: readonly number[]): void
  /**
   * The group stands by the share.
   * @param isContinuous false if another may have held a partition of it since the last time
   */
  settled(partitions: readonly number[], isContinuous: boolean): void
  fetched(partition: number, entries: LogEntry[]): void
  /** The consumer ended by itself. */
  crashed(cause: unknown): void
}

/** One consumer from its first join to its end: where it stands in the group, and in whose name it may commit. */
export class GroupSession implements GroupListener {
  readonly consumer: GroupConsumer
  readonly #owner: SessionOwner
  readonly #clock: Clock
  #standing: GroupStanding
  #share: readonly number[] = []
  /** Who we are to the group, while it is sure. */
  #member: Membership | undefined
  #lastMember: Membership | undefined
  #waiting: (() => void)[] = []

  constructor(open: (listener: GroupListener) => GroupConsumer, owner: SessionOwner, clock: Clock) {
    this.#owner = owner
    this.#clock = clock
    this.#standing = { phase: 'joining', sinceMs: clock() }
    this.consumer = open(this)
  }

  /** True once it was given a share and reads. */
  get isReading(): boolean {
    return this.#standing.phase === 'reading'
  }

  /** Why the consumer is held to be stuck; undefined while it is not. */
  stuck(): string | undefined {
    return stuckReason(this.#standing, this.#clock())
  }

  /** In whose name to commit; waits out a rebalance. Undefined once the session is over. */
  async membership(): Promise<Membership | undefined> {
    while (!this.#member && this.#standing.phase !== 'over') {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    return this.#member
  }

  /** The group refused this membership: it is void until the group confirms one. */
  distrust(member: Membership): void {
    if (this.#member === member) this.#member = undefined
  }

  /** Ends it; resolves once the consumer has left, or was left behind. */
  async end(): Promise<void> {
    this.#on('end')
    await settledWithin(LEAVE_MS, this.consumer.close()).catch(() => undefined)
  }

  claim(): { generation: number; partitions: readonly number[] } {
    return { generation: this.#lastMember?.generation ?? 0, partitions: this.#owner.held() }
  }

  rebalancing(): void {
    this.#on('rebalance')
  }

  shared(_memberId: string, partitions: readonly number[]): void {
    this.#on('share')
    if (this.#standing.phase === 'over') return
    this.#share = partitions
    this.#owner.shared(partitions)
  }

  confirmed(member: Membership): void {
    const { phase } = this.#standing
    this.#on('confirm')
    if (!this.isReading) return
    if (phase === 'joined') {
      const last = this.#lastMember
      // Each rebalance counts the generation up by one: at a step of two there was one that we had no part in.
      const isContinuous = last?.memberId === member.memberId && member.generation - last.generation <= 1
      this.#lastMember = member
      this.#owner.settled(this.#share, isContinuous)
    }
    this.#member ??= member
    this.#wake()
  }

  turned(): void {
    this.#on('turn')
  }

  fetched(partition: number, entries: LogEntry[]): void {
    if (this.#standing.phase !== 'over') this.#owner.fetched(partition, entries)
  }

  crashed(cause: unknown): void {
    if (this.#standing.phase !== 'over') this.#owner.crashed(cause)
  }

  #on(event: GroupEvent): void {
    this.#standing = standingAfter(this.#standing, event, this.#clock())
    if (this.#standing.phase === 'reading' || this.#standing.phase === 'joined') return
    this.#member = undefined
    if (this.#standing.phase === 'over') this.#wake()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resume of waiting) resume()
  }
}
