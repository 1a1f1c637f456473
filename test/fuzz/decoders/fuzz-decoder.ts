import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { crc32 } from 'node:zlib'
import { randomFor } from '../seeds.js'
import { nextInput } from './mutate.js'
import type { Subject } from './subject.js'

/** Inputs that one decoder reads, its caches growing, between two looks at the memory. */
const INPUTS_A_ROUND = 10_000
/** What a decoder may hold after a round besides what its inputs explain, bytes. */
const HELD_BYTES = 24 << 20
/** A key that is remembered costs more than its bytes: names, entries of maps, handles. */
const HELD_PER_INPUT_BYTE = 24
/** What may be left of a round once its decoder is gone, bytes: caches that all decoders share. */
const LEFT_BYTES = 8 << 20
const FIXED_PIECES = 100

/** The most that the process may take while a decoder reads, besides what it took before, bytes. */
const PEAK_BYTES = 512 << 20

/** An input that broke a law. */
export interface DecoderFailure {
  /** Its number. */
  input: number
  reason: string
}

/** What came of a number of inputs. */
export interface DecoderTally {
  inputs: number
  bytes: number
  pieces: number
  /** Most that a decoder held at the end of a round, bytes. */
  heldBytes: number
  /** What the process took more at most, bytes. */
  peakBytes: number
  slowest: { ms: number; input: number }
  failure?: DecoderFailure
}

/** What is read: inputs from one number to another, of a seed. */
export interface DecoderErrand {
  seed: number
  from: number
  to: number
}

/** The input of this number: the same for the same seed. */
export function inputOf(subject: Subject, seed: number, input: number): Uint8Array {
  return nextInput(subject, randomFor('input', seed ^ crc32(subject.name), input))
}

/**
 * Lets a decoder read random and mutated inputs. Each must end in pieces or refusals, no more than its bytes explain; the
 * memory held must be explained by the bytes read, and go with the decoder. Ends at the first failure.
 * @param onInput is told of each input before it is read
 */
export function fuzzDecoder(subject: Subject, errand: DecoderErrand, onInput: (input: number) => void): DecoderTally {
  const tally = emptyTally()
  const residentBytes = process.memoryUsage.rss()
  let leftBytes: number | undefined
  for (let from = errand.from; from < errand.to; from += INPUTS_A_ROUND) {
    const to = Math.min(errand.to, from + INPUTS_A_ROUND)
    const bytesBefore = tally.bytes
    const atStart = memoryInUse()
    let read: ReturnType<Subject['open']> | undefined = subject.open()
    readRound(subject, read, { ...errand, from, to }, tally, onInput)
    if (tally.failure) return tally
    const held = memoryInUse() - atStart
    tally.heldBytes = Math.max(tally.heldBytes, held)
    tally.peakBytes = Math.max(0, process.resourceUsage().maxRSS * 1024 - residentBytes)
    const explained = HELD_BYTES + HELD_PER_INPUT_BYTE * (tally.bytes - bytesBefore)
    read = undefined
    const left = memoryInUse()
    const reason =
      held > explained
        ? `the decoder holds ${held} bytes after a round, ${explained} are explained`
        : left - (leftBytes ?? left) > LEFT_BYTES
          ? `${left - (leftBytes ?? left)} bytes are left of a round whose decoder is gone`
          : tally.peakBytes > PEAK_BYTES
            ? `the process took ${tally.peakBytes} bytes in a round`
            : undefined
    if (reason) return { ...tally, failure: { input: from, reason } }
    leftBytes ??= left
  }
  return tally
}

function emptyTally(): DecoderTally {
  return { inputs: 0, bytes: 0, pieces: 0, heldBytes: 0, peakBytes: 0, slowest: { ms: 0, input: 0 } }
}

function readRound(
  subject: Subject,
  read: (input: Uint8Array) => number,
  { seed, from, to }: DecoderErrand,
  tally: DecoderTally,
  onInput: (input: number) => void,
): void {
  for (let input = from; input < to; input++) {
    onInput(input)
    const bytes = inputOf(subject, seed, input)
    const startedMs = performance.now()
    try {
      const pieces = read(bytes)
      const limit = FIXED_PIECES + bytes.length * (subject.piecesPerByte ?? 1)
      if (pieces > limit) throw new Error(`${bytes.length} bytes gave ${pieces} pieces, the limit is ${limit}`)
      tally.pieces += pieces
    } catch (thrown) {
      const reason = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
      tally.failure = { input, reason }
      return
    }
    const ms = performance.now() - startedMs
    if (ms > tally.slowest.ms) tally.slowest = { ms, input }
    tally.inputs++
    tally.bytes += bytes.length
  }
}

let collect: (() => void) | undefined

/** Bytes that are still referred to, on and off the heap. */
function memoryInUse(): number {
  if (!collect) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as () => void
  }
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
