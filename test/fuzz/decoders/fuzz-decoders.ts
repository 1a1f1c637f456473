import { textTable } from '../../../cli/text-table.js'
import { type DecoderFailure, type DecoderTally, inputOf } from './fuzz-decoder.js'
import { runSubject } from './run-subject.js'
import type { Subject } from './subject.js'
import { SUBJECTS } from './subjects.js'

/** What is asked for. */
export interface DecodersErrand {
  seed: number
  from: number
  /** Inputs of each decoder. */
  count: number
  /** Name of the one decoder that is wanted; left out: all. */
  only?: string
  jobs: number
}

/** Lets every decoder read its inputs and prints what came of it. @returns false if one broke a law */
export async function fuzzDecoders({ seed, from, count, only, jobs }: DecodersErrand): Promise<boolean> {
  const subjects = SUBJECTS.filter(({ name }) => only === undefined || name === only)
  if (subjects.length === 0) {
    process.stderr.write(`there is no decoder ${only}: ${SUBJECTS.map(({ name }) => name).join(', ')}\n`)
    return false
  }
  const tallies = new Map<Subject, DecoderTally>()
  const waiting = [...subjects]
  const work = async () => {
    for (let subject = waiting.shift(); subject; subject = waiting.shift()) {
      tallies.set(subject, await runSubject(subject, { seed, from, to: from + count }))
      process.stderr.write(`${subject.name} has read its inputs\n`)
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
  const read = subjects.map((subject) => [subject, tallies.get(subject)!] as const)
  for (const [subject, { failure }] of read) {
    if (failure) process.stdout.write(`${decoderFailureText(subject, seed, failure)}\n\n`)
  }
  const failed = read.filter(([, { failure }]) => failure).length
  const inputs = read.reduce((sum, [, tally]) => sum + tally.inputs, 0)
  process.stdout.write(`${table(read)}\nseed ${seed}: ${inputs} inputs, ${failed} decoders failed\n`)
  return failed === 0
}

/** A failure, and all that it takes to see it again. */
export function decoderFailureText(subject: Subject, seed: number, { input, reason }: DecoderFailure): string {
  const base64 = Buffer.from(inputOf(subject, seed, input)).toString('base64')
  return [
    `${subject.name}, input ${input} of seed ${seed}: ${reason}`,
    `  repeat it with: npm run fuzz -- --decoders 1 --only ${subject.name} --seed ${seed} --from ${input}`,
    `  ${base64}`,
  ].join('\n')
}

function table(read: readonly (readonly [Subject, DecoderTally])[]): string {
  const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1)
  return textTable(
    ['decoder', 'inputs', 'MB read', 'pieces', 'MB held', 'MB more at peak', 'slowest, ms'],
    read.map(([{ name }, { inputs, bytes, pieces, heldBytes, peakBytes, slowest }]) => [
      name,
      inputs,
      megabytes(bytes),
      pieces,
      megabytes(heldBytes),
      megabytes(peakBytes),
      `${slowest.ms.toFixed(1)} (input ${slowest.input})`,
    ]),
  )
}
