import { type Static, Type } from '@sinclair/typebox'
import type { Matcher } from '../../../schemas/series/matcher.js'
import { type Silence, silenceState, type WantedSilence } from '../silence.js'
import { readTime, utc } from './alert-json.js'

/** A matcher as the API has it. */
export const MatcherJson = Type.Object({
  name: Type.String(),
  value: Type.String(),
  isRegex: Type.Optional(Type.Boolean()),
  isEqual: Type.Optional(Type.Boolean()),
})

/** A silence as clients post it; with an id it changes the one that there is. */
export const SilenceJson = Type.Object({
  id: Type.Optional(Type.String()),
  matchers: Type.Array(MatcherJson, { minItems: 1 }),
  startsAt: Type.String(),
  endsAt: Type.String(),
  createdBy: Type.String(),
  comment: Type.String(),
})

/** @throws Error that says what is wrong */
export function readSilence(json: Static<typeof SilenceJson>, nowMs: number): WantedSilence {
  const { id, matchers, startsAt, endsAt, createdBy, comment } = json
  const endsMs = readTime('endsAt', endsAt)
  if (endsMs === undefined) throw new Error('endsAt is missing')
  return {
    id: id || undefined,
    matchers: matchers.map(readMatcherJson),
    startsMs: readTime('startsAt', startsAt) ?? nowMs,
    endsMs,
    createdBy,
    comment,
  }
}

/** A silence as clients are shown it. */
export function silenceJson(silence: Silence, nowMs: number) {
  return {
    id: silence.id,
    status: { state: silenceState(silence, nowMs) },
    updatedAt: utc(silence.updatedMs),
    comment: silence.comment,
    createdBy: silence.createdBy,
    endsAt: utc(silence.endsMs),
    matchers: silence.matchers.map(matcherJson),
    startsAt: utc(silence.startsMs),
    annotations: {},
  }
}

export function readMatcherJson({ name, value, isRegex, isEqual = true }: Static<typeof MatcherJson>): Matcher {
  if (isRegex) return { name, value, op: isEqual ? '=~' : '!~' }
  return { name, value, op: isEqual ? '=' : '!=' }
}

export function matcherJson({ name, value, op }: Matcher): Required<Static<typeof MatcherJson>> {
  return { isEqual: op === '=' || op === '=~', isRegex: op === '=~' || op === '!~', name, value }
}

/** Order in which silences are shown: active ones by their end, then those to come by their start, then those that are over. */
export function compareSilences(nowMs: number): (a: Silence, b: Silence) => number {
  const order = ['active', 'pending', 'expired']
  return (a, b) => {
    const [one, other] = [silenceState(a, nowMs), silenceState(b, nowMs)]
    if (one !== other) return order.indexOf(one) - order.indexOf(other)
    if (one === 'active') return a.endsMs - b.endsMs
    return one === 'pending' ? a.startsMs - b.startsMs : b.endsMs - a.endsMs
  }
}
