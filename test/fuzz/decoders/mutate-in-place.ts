import type { Random } from '../../random.js'

const MAX_EDITS = 6
/** What is written over bytes of a sample. */
const PATTERNS: readonly number[][] = [
  [0],
  [1],
  [0x7f],
  [0x80],
  [0xff],
  [0xff, 0xff],
  [0, 0, 0, 0],
  [0xff, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0, 0, 0, 0, 0, 0, 0xf8, 0x7f],
  [0, 0, 0, 0, 0, 0, 0xf0, 0x7f],
]

/** A sample of the same length in which bits and bytes were changed: lengths that stand in it stay mostly true. */
export function mutatedInPlace(sample: Uint8Array, random: Random): Uint8Array {
  const changed = Uint8Array.from(sample)
  for (let edits = 1 + below(random, MAX_EDITS); edits > 0; edits--) {
    const at = below(random, changed.length)
    const kind = random()
    if (kind < 0.4) changed[at] ^= 1 << below(random, 8)
    else if (kind < 0.6) changed[at] = below(random, 256)
    else changed.set(PATTERNS[below(random, PATTERNS.length)].slice(0, changed.length - at), at)
  }
  return changed
}

function below(random: Random, limit: number): number {
  return Math.floor(random() * limit)
}
