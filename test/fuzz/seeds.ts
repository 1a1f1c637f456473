import { type Random, seededRandom } from '../random.js'

/** Queries that are asked of the same points. */
export const QUERIES_A_DATA_SET = 250

/** Every so many data sets one lies in windows behind the merged view. */
const MERGED_EVERY = 40
const FIRST_MERGED = 4

/** What random numbers are for: so that a change to one leaves the others as they were. */
const PURPOSES = { points: 1, query: 2, check: 3, input: 4 } as const

/** The number of the points that a query is asked of. */
export function dataSetOf(query: number): number {
  return Math.floor(query / QUERIES_A_DATA_SET)
}

/** True for points that lie in windows: sealed ones, and those of the speed layer. */
export function isMerged(dataSet: number): boolean {
  return dataSet % MERGED_EVERY === FIRST_MERGED
}

/** Random numbers of a purpose, for the query or the data set of this number. */
export function randomFor(purpose: keyof typeof PURPOSES, seed: number, number: number): Random {
  const mixed = seededRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(PURPOSES[purpose], 0x85ebca6b) ^ number)
  return seededRandom(Math.floor(mixed() * 2 ** 32))
}
