/** Sets of Unicode code points, and how a JavaScript regular expression without the `u` flag writes them. */

/** Ascending ranges that neither overlap nor touch: first, last, first, last … */
export type CodePoints = readonly number[]

const LAST = 0x10ffff
const FIRST_SURROGATE = 0xd800
const LAST_SURROGATE = 0xdfff
const FIRST_ASTRAL = 0x10000

/** Every code point. */
export const ANY: CodePoints = [0, LAST]

/** The set of some ranges in any order, as first, last, first, last … */
export function codePoints(ranges: readonly number[]): CodePoints {
  const pairs: [number, number][] = []
  for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i], ranges[i + 1]])
  pairs.sort((a, b) => a[0] - b[0])
  const merged: number[] = []
  for (const [first, last] of pairs) {
    if (merged.length > 0 && first <= merged[merged.length - 1] + 1) {
      merged[merged.length - 1] = Math.max(merged[merged.length - 1], last)
    } else {
      merged.push(first, last)
    }
  }
  return merged
}

/** Every code point that is not in the set. */
export function without(set: CodePoints): CodePoints {
  const rest: number[] = []
  let next = 0
  for (let i = 0; i < set.length; i += 2) {
    if (set[i] > next) rest.push(next, set[i] - 1)
    next = set[i + 1] + 1
  }
  if (next <= LAST) rest.push(next, LAST)
  return rest
}

/** The set, and whatever differs from one of its members by case alone. */
export function ignoringCase(set: CodePoints): CodePoints {
  const twins: number[] = []
  for (const [codePoint, others] of caseTwins()) {
    if (!includes(set, codePoint)) continue
    for (const other of others) twins.push(other, other)
  }
  return codePoints([...set, ...twins])
}

/** The code points whose character the test holds for. Looks at every one. */
export function satisfying(test: (character: string) => boolean): CodePoints {
  const ranges: number[] = []
  let first = -1
  for (let codePoint = 0; codePoint <= LAST + 1; codePoint++) {
    const isSurrogate = codePoint >= FIRST_SURROGATE && codePoint <= LAST_SURROGATE
    const holds = codePoint <= LAST && !isSurrogate && test(String.fromCodePoint(codePoint))
    if (holds && first === -1) first = codePoint
    if (!holds && first !== -1) {
      ranges.push(first, codePoint - 1)
      first = -1
    }
  }
  return ranges
}

/**
 * The set as a piece of a regular expression that matches one code point of a well-formed string. Code points above
 * U+FFFF are written as their surrogate pairs, so that no `u` flag is needed.
 */
export function codePointsSource(set: CodePoints): string {
  let units = ''
  let count = 0
  const pairs: string[] = []
  for (let i = 0; i < set.length; i += 2) {
    for (const [first, last] of withoutSurrogates(set[i], set[i + 1])) {
      if (first >= FIRST_ASTRAL) {
        pairs.push(...surrogatePairs(first, last))
      } else {
        units += rangeSource(first, last)
        count += last - first + 1
      }
    }
  }
  if (pairs.length === 0) return count === 1 ? units : `[${units}]`
  return `(?:${[...(units === '' ? [] : [`[${units}]`]), ...pairs].join('|')})`
}

/** True if the code point is one of the set. */
export function includes(set: CodePoints, codePoint: number): boolean {
  for (let i = 0; i < set.length; i += 2) if (codePoint >= set[i] && codePoint <= set[i + 1]) return true
  return false
}

function withoutSurrogates(first: number, last: number): [number, number][] {
  const parts: [number, number][] = [
    [first, Math.min(last, FIRST_SURROGATE - 1)],
    [Math.max(first, LAST_SURROGATE + 1), Math.min(last, FIRST_ASTRAL - 1)],
    [Math.max(first, FIRST_ASTRAL), last],
  ]
  return parts.filter(([from, to]) => from <= to)
}

/** Alternatives for a range above U+FFFF: one where only the high surrogates of its ends are its own. */
function surrogatePairs(first: number, last: number): string[] {
  const [firstHigh, firstLow] = surrogates(first)
  const [lastHigh, lastLow] = surrogates(last)
  const pair = (high: number, highEnd: number, low: number, lowEnd: number) =>
    `[${rangeSource(high, highEnd)}][${rangeSource(low, lowEnd)}]`
  if (firstHigh === lastHigh) return [pair(firstHigh, firstHigh, firstLow, lastLow)]
  const middle = firstHigh + 1 < lastHigh ? [pair(firstHigh + 1, lastHigh - 1, 0xdc00, 0xdfff)] : []
  return [pair(firstHigh, firstHigh, firstLow, 0xdfff), ...middle, pair(lastHigh, lastHigh, 0xdc00, lastLow)]
}

function surrogates(codePoint: number): [high: number, low: number] {
  const offset = codePoint - FIRST_ASTRAL
  return [0xd800 + (offset >> 10), 0xdc00 + (offset & 0x3ff)]
}

function rangeSource(first: number, last: number): string {
  return first === last ? unitSource(first) : `${unitSource(first)}-${unitSource(last)}`
}

function unitSource(unit: number): string {
  const character = String.fromCharCode(unit)
  return /[A-Za-z0-9_ ]/.test(character) ? character : `\\u${unit.toString(16).padStart(4, '0')}`
}

let twinsByCodePoint: ReadonlyMap<number, readonly number[]> | undefined

/** For each code point that has a case, those that are equal to it when case is ignored. Made at first use. */
function caseTwins(): ReadonlyMap<number, readonly number[]> {
  if (twinsByCodePoint) return twinsByCodePoint
  const byFolded = new Map<string, number[]>()
  const cased = satisfying((character) => /\p{Changes_When_Casemapped}/u.test(character))
  for (let i = 0; i < cased.length; i += 2) {
    for (let codePoint = cased[i]; codePoint <= cased[i + 1]; codePoint++) {
      const folded = foldCase(codePoint)
      byFolded.set(folded, [...(byFolded.get(folded) ?? []), codePoint])
    }
  }
  const twins = new Map<number, readonly number[]>()
  for (const same of byFolded.values()) if (same.length > 1) for (const one of same) twins.set(one, same)
  twinsByCodePoint = twins
  return twins
}

/** Simple case folding; the dotted and the dotless i of Turkish stand for themselves. */
function foldCase(codePoint: number): string {
  const character = String.fromCodePoint(codePoint)
  if (codePoint === 0x130 || codePoint === 0x131) return character
  const upper = character.toUpperCase()
  return ([...upper].length === 1 ? upper : character).toLowerCase()
}
