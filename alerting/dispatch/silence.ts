import type { Matcher } from '../../schemas/series/matcher.js'
import { isUnicode, labelPredicate } from './match/label-matchers.js'

/** Matched alerts are not told of for a time. */
export interface Silence {
  id: string
  matchers: readonly Matcher[]
  /** ms since epoch. */
  startsMs: number
  /** From then on it is over, ms. */
  endsMs: number
  createdBy: string
  /** Why. */
  comment: string
  updatedMs: number
}

/** Where a silence stands. */
export type SilenceState = 'pending' | 'active' | 'expired'

/** What somebody wants; with the id of one that there is, it is changed. */
export type WantedSilence = Omit<Silence, 'id' | 'updatedMs'> & { id?: string }

/** Where a silence stands at a time. */
export function silenceState({ startsMs, endsMs }: Pick<Silence, 'startsMs' | 'endsMs'>, nowMs: number): SilenceState {
  if (nowMs >= endsMs) return 'expired'
  return nowMs < startsMs ? 'pending' : 'active'
}

/** Whether a silence may be changed in place: what it has muted so far must stay true of it. */
const MAY_CHANGE: Readonly<Record<SilenceState, (before: Silence, wanted: WantedSilence, nowMs: number) => boolean>> = {
  pending: (_, { startsMs }, nowMs) => startsMs >= nowMs,
  active: (before, { startsMs, endsMs }, nowMs) => isSameSecond(before.startsMs, startsMs) && endsMs >= nowMs,
  expired: () => false,
}

/** What ending it now makes of a silence. */
const EXPIRED: Readonly<Record<SilenceState, (silence: Silence, nowMs: number) => Silence>> = {
  pending: (silence, nowMs) => ({ ...silence, startsMs: nowMs, endsMs: nowMs, updatedMs: nowMs }),
  active: (silence, nowMs) => ({ ...silence, endsMs: nowMs, updatedMs: nowMs }),
  expired: (silence) => silence,
}

/** The silence, ended now. */
export function expiredSilence(silence: Silence, nowMs: number): Silence {
  return EXPIRED[silenceState(silence, nowMs)](silence, nowMs)
}

/**
 * What is to be stored, so that there is the silence that is wanted: itself, and the one that it takes the place of,
 * ended, if it cannot be changed without making its past untrue. The first is the wanted one.
 * @param before the silence of the id that is wanted
 * @param newId of a silence that has none yet
 * @throws Error that says what is wrong with it
 */
export function setSilence(
  wanted: WantedSilence,
  before: Silence | undefined,
  nowMs: number,
  newId: string,
): Silence[] {
  checkSilence(wanted, nowMs)
  if (
    before &&
    isSame(before.matchers, wanted.matchers) &&
    MAY_CHANGE[silenceState(before, nowMs)](before, wanted, nowMs)
  ) {
    return [{ ...wanted, id: before.id, updatedMs: nowMs }]
  }
  const silence = { ...wanted, id: newId, startsMs: Math.max(wanted.startsMs, nowMs), updatedMs: nowMs }
  return before ? [silence, expiredSilence(before, nowMs)] : [silence]
}

/** @throws Error that says what is wrong */
export function checkMatchers(matchers: readonly Matcher[]): void {
  if (matchers.length === 0) throw new Error('it has no matcher')
  if (matchers.some(({ name }) => name === '' || !isUnicode(name))) throw new Error('a matcher has no name')
  // An absent label is the empty text: what takes that in every matcher would mute everything.
  const takesNone = matchers.map((matcher) => labelPredicate([matcher])({}) && isPositive(matcher))
  const takesEverything = takesNone.every((takes) => takes)
  if (takesEverything) throw new Error('every matcher takes alerts without its label, so that all would be muted')
}

function checkSilence({ matchers, startsMs, endsMs }: WantedSilence, nowMs: number): void {
  checkMatchers(matchers)
  if (endsMs <= startsMs) throw new Error('it ends before it starts')
  if (endsMs < nowMs) throw new Error('its end lies in the past')
}

function isPositive({ op }: Matcher): boolean {
  return op === '=' || op === '=~'
}

function isSameSecond(a: number, b: number): boolean {
  return Math.floor(a / 1000) === Math.floor(b / 1000)
}

function isSame(a: readonly Matcher[], b: readonly Matcher[]): boolean {
  const text = (matchers: readonly Matcher[]) =>
    JSON.stringify(matchers.map(({ name, op, value }) => [name, op, value]))
  return text(a) === text(b)
}
