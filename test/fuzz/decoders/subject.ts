import type { Random } from '../../random.js'

/** A decoder under test. */
export interface Subject {
  name: string
  /** Inputs that are good, and touch every part of the format. */
  samples: readonly Uint8Array[]
  /** Pieces of the format that mutations put where they do not belong. */
  words: readonly Uint8Array[]
  /** Makes whole again what hides all else of a changed input: its checksum. */
  seal?: (input: Uint8Array) => Uint8Array
  /** Changes a sample in a way of its own, by which more of it stays whole. */
  mutate?: (sample: Uint8Array, random: Random) => Uint8Array
  /** Pieces that a byte of input may give at most; 1 unless told. */
  piecesPerByte?: number
  /**
   * A decoder with caches of its own. It gives how many pieces came of an input: points, refusals, series; one for an
   * input that was refused whole. It throws what breaks a law.
   */
  open(): (input: Uint8Array) => number
}

/** Bytes of texts, one byte a character, so that any byte can be written. */
export function latin(...texts: string[]): Uint8Array[] {
  return texts.map((text) => Buffer.from(text, 'latin1'))
}
