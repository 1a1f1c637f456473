/**
 * What a point is. On hot paths points travel as columns (see log/record.ts); this file holds the words.
 */

/**
 * What kind of observation a series holds.
 * - `Sample`: a reading (Prometheus, Influx, OTLP gauge and cumulative). Same series and time = one point.
 * - `EventCounter`: occurrences that add up (StatsD counter, OTLP delta sum). Every point counts.
 * - `EventTimer`: measured occurrences (StatsD timer, histogram, distribution, OTLP delta exponential histogram). Every point counts.
 */
export const Kind = { Sample: 0, EventCounter: 1, EventTimer: 2 } as const
export type Kind = (typeof Kind)[keyof typeof Kind]

/** True for both kinds of event series. */
export function isEvent(kind: Kind): boolean {
  return kind !== Kind.Sample
}

/** The design's word for a kind: `sample` or `event`. */
export function kindWord(kind: Kind): 'sample' | 'event' {
  return kind === Kind.Sample ? 'sample' : 'event'
}

/**
 * Prometheus's staleness marker is a NaN with these bits (high word, low word). JavaScript may change the bits of a
 * NaN that it loads as a number, so markers are written and recognised through a Uint32Array over the same buffer.
 */
export const STALE_HIGH = 0x7ff00000
export const STALE_LOW = 0x00000002

/** The two 32-bit words (low, high) of each value of a Float64Array, on the same memory. Little-endian machines only. */
export function wordsOf(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
}

/** True if value `i`, seen through {@link wordsOf}, is a staleness marker. */
export function isStaleAt(words: Uint32Array, i: number): boolean {
  return words[2 * i + 1] === STALE_HIGH && words[2 * i] === STALE_LOW
}

/** Makes value `i`, seen through {@link wordsOf}, a staleness marker. */
export function markStaleAt(words: Uint32Array, i: number): void {
  words[2 * i] = STALE_LOW
  words[2 * i + 1] = STALE_HIGH
}

/**
 * Order of two values of a sample series at the same time: the larger wins. A number beats NaN, NaN beats a staleness
 * marker, so a marker never hides a reading of the same millisecond. Total (-0 lies below 0), so that the order of
 * arrival never decides.
 * @returns negative if `a` loses to `b`, positive if it wins, 0 if they are the same
 */
export function compareValues(a: number, aStale: boolean, b: number, bStale: boolean): number {
  const rank = valueRank(a, aStale) - valueRank(b, bStale)
  if (rank !== 0 || Number.isNaN(a)) return rank
  if (a !== b) return a < b ? -1 : 1
  return Number(Object.is(b, -0)) - Number(Object.is(a, -0))
}

function valueRank(value: number, stale: boolean): number {
  return stale ? 0 : Number.isNaN(value) ? 1 : 2
}
