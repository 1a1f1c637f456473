import type { HeldAlert } from './alert.js'
import type { DispatchedAlert } from './flush.js'

/** One way of a receiver that is told for itself. */
export interface Target {
  /** Empty if the receiver has but one. */
  name: string
  /** True if it is told of what was resolved, too. */
  sendsResolved: boolean
}

/**
 * How far telling a target is:
 * - `waiting`: for its turn; peers that come before may tell it
 * - `sending`: someone has the message in hand
 * - `resting`: it failed and is tried again
 * - `told`: or knows all there is to say
 * - `failed`: time is up; the next round tries again
 */
type TellingState = 'waiting' | 'sending' | 'resting' | 'told' | 'failed'

type TellingEvent = 'turn' | 'nothing' | 'confirm' | 'fail' | 'late'

const NEXT: Readonly<Record<TellingState, Readonly<Record<TellingEvent, TellingState>>>> = {
  waiting: { turn: 'sending', nothing: 'told', confirm: 'told', fail: 'resting', late: 'failed' },
  sending: { turn: 'sending', nothing: 'sending', confirm: 'told', fail: 'resting', late: 'failed' },
  resting: { turn: 'sending', nothing: 'told', confirm: 'told', fail: 'resting', late: 'failed' },
  told: { turn: 'told', nothing: 'told', confirm: 'told', fail: 'told', late: 'told' },
  failed: { turn: 'failed', nothing: 'failed', confirm: 'failed', fail: 'failed', late: 'failed' },
}

/** First pause after a failure, ms; each further one is longer by half. */
const FIRST_REST_MS = 500
const LONGEST_REST_MS = 60_000

/** Telling one target, within a round. */
export class TargetTelling {
  readonly target: Target
  #state: TellingState = 'waiting'
  #turnMs: number
  #attempts = 0
  #sentMs = 0

  constructor(target: Target, turnMs: number) {
    this.target = target
    this.#turnMs = turnMs
  }

  get state(): TellingState {
    return this.#state
  }

  get isOver(): boolean {
    return this.#state === 'told' || this.#state === 'failed'
  }

  /** When something is to be done about it, ms: its turn, or else the end of the round. */
  nextMs(deadlineMs: number): number {
    return this.#isIdle() ? Math.min(this.#turnMs, deadlineMs) : deadlineMs
  }

  isDue(nowMs: number): boolean {
    return this.#isIdle() && nowMs >= this.#turnMs
  }

  turn(nowMs: number): void {
    this.#state = NEXT[this.#state].turn
    this.#attempts++
    this.#sentMs = nowMs
  }

  note(event: Exclude<TellingEvent, 'turn' | 'fail'>): void {
    this.#state = NEXT[this.#state][event]
  }

  fail(nowMs: number): void {
    this.#state = NEXT[this.#state].fail
    const restMs = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 1.5 ** (this.#attempts - 1))
    this.#turnMs = Math.max(nowMs, this.#sentMs + restMs)
  }

  #isIdle(): boolean {
    return this.#state === 'waiting' || this.#state === 'resting'
  }
}

/** One look at a group: what it had to say, until every target was told. */
export interface FlushRound {
  /** When the look was due, ms; what lies between two looks is measured by it. */
  scheduledMs: number
  /** Until when it must be over, ms. */
  deadlineMs: number
  /** What is not muted. */
  alerts: readonly DispatchedAlert[]
  /** What was resolved then, muted or not: it leaves the group once everyone was told. */
  resolved: readonly HeldAlert[]
  tellings: readonly TargetTelling[]
}

/** True once nothing of it is left to do. */
export function isOver({ tellings }: FlushRound): boolean {
  return tellings.every((telling) => telling.isOver)
}

/** True if everyone knows what there is to say. */
export function everyoneKnows({ tellings }: FlushRound): boolean {
  return tellings.every(({ state }) => state === 'told')
}
