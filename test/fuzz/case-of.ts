import { mergedCase } from './merged-case.js'
import { type FuzzCase, randomCase } from './random-case.js'
import { dataSetOf, isMerged, randomFor } from './seeds.js'

/** The query of this number: the same for the same seed. */
export function caseOf(seed: number, query: number): FuzzCase {
  const random = randomFor('query', seed, query)
  return isMerged(dataSetOf(query)) ? mergedCase(random) : randomCase(random)
}
