import type { Random } from '../../random.js'
import type { Subject } from './subject.js'

/** Inputs are cut to this, bytes: what is wrong with a format shows in small ones, and many small ones fit into a minute. */
const MAX_BYTES = 4096
/** Now and then one is repeated up to this, bytes: work that grows with the square of the input would never end. */
const MAX_LONG_BYTES = 512 << 10
const LONG_SHARE = 0.0004
const MAX_RANDOM_BYTES = 300
const MAX_EDITS = 5
/** Numbers at which lengths, offsets and counts overflow something. */
const NUMBERS = [
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0xff, 0xff, 0xff, 0xff],
  [0x00, 0x00, 0x00, 0x80],
  [0xff, 0xff, 0xff, 0x7f],
  [0xff, 0xff],
  [0x80],
  [0, 0, 0, 0, 0, 0, 0xf8, 0x7f],
  [...Buffer.from('18446744073709551616')],
  [...Buffer.from('-9223372036854775809')],
  [...Buffer.from('1e999')],
].map((bytes) => Uint8Array.from(bytes))

type Edit = (input: Uint8Array, random: Random, subject: Subject) => Uint8Array

const EDITS: readonly Edit[] = [
  function flipBit(input, random) {
    const changed = Uint8Array.from(input) // slice() of a Buffer is a view of the sample
    if (changed.length > 0) changed[below(random, changed.length)] ^= 1 << below(random, 8)
    return changed
  },
  function overwrite(input, random) {
    const changed = Uint8Array.from(input) // slice() of a Buffer is a view of the sample
    if (changed.length > 0) changed[below(random, changed.length)] = below(random, 256)
    return changed
  },
  function truncate(input, random) {
    return input.subarray(0, below(random, input.length + 1))
  },
  function remove(input, random) {
    const [from, to] = range(input, random)
    return joined(input.subarray(0, from), input.subarray(to))
  },
  function repeat(input, random) {
    const [from, to] = range(input, random)
    const piece = input.subarray(from, to)
    const times = 1 + below(random, random() < 0.1 ? 200 : 3)
    return joined(input.subarray(0, to), ...Array<Uint8Array>(times).fill(piece), input.subarray(to))
  },
  function splice(input, random, { samples }) {
    const other = samples[below(random, samples.length)]
    return joined(input.subarray(0, below(random, input.length + 1)), other.subarray(below(random, other.length + 1)))
  },
  function insertWord(input, random, { words }) {
    const at = below(random, input.length + 1)
    return joined(input.subarray(0, at), words[below(random, words.length)], input.subarray(at))
  },
  function inflateLength(input, random) {
    const number = NUMBERS[below(random, NUMBERS.length)]
    const at = below(random, input.length + 1)
    // In the place of as many bytes, or of one: lengths come at a fixed width and as varints.
    const gone = random() < 0.5 ? number.length : 1
    return joined(input.subarray(0, at), number, input.subarray(at + gone))
  },
]

/** The next input for a decoder: random bytes, random words, or a sample with some edits. */
export function nextInput(subject: Subject, random: Random): Uint8Array {
  const kind = random()
  const input = kind < 0.08 ? randomBytes(random) : kind < 0.2 ? randomWords(subject, random) : edited(subject, random)
  const cut = random() < LONG_SHARE ? repeated(input) : input.subarray(0, MAX_BYTES)
  return subject.seal && random() < 0.8 ? subject.seal(cut) : cut
}

function repeated(input: Uint8Array): Uint8Array {
  const long = Buffer.alloc(input.length === 0 ? 0 : MAX_LONG_BYTES)
  return long.fill(input)
}

function edited(subject: Subject, random: Random): Uint8Array {
  let input = subject.samples[below(random, subject.samples.length)]
  if (subject.mutate && random() < 0.6) return subject.mutate(input, random)
  for (let edits = 1 + below(random, MAX_EDITS); edits > 0; edits--) {
    input = EDITS[below(random, EDITS.length)](input, random, subject).subarray(0, MAX_BYTES)
  }
  return input
}

function randomBytes(random: Random): Uint8Array {
  return Uint8Array.from({ length: below(random, MAX_RANDOM_BYTES) }, () => below(random, 256))
}

function randomWords({ words }: Subject, random: Random): Uint8Array {
  return joined(...Array.from({ length: below(random, 30) }, () => words[below(random, words.length)]))
}

function range(input: Uint8Array, random: Random): [from: number, to: number] {
  const from = below(random, input.length + 1)
  return [from, Math.min(input.length, from + 1 + below(random, 32))]
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return Buffer.concat(parts)
}

function below(random: Random, limit: number): number {
  return Math.floor(random() * limit)
}
