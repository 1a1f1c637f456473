import { type DecoderErrand, type DecoderTally, fuzzDecoder } from './fuzz-decoder.js'
import { SUBJECTS } from './subjects.js'

/** What a process is asked for: inputs of one decoder. */
export interface SubjectErrand extends DecoderErrand {
  subject: string
  /** It tells where it is whenever it has read so many. */
  tellEvery: number
}

/** What it tells: the input that it is at, and in the end what came of all. */
export type DecoderTold = { at: number } | { tally: DecoderTally }

process.on('message', ({ subject: name, tellEvery, ...errand }: SubjectErrand) => {
  const subject = SUBJECTS.find((one) => one.name === name)
  if (!subject) throw new Error(`there is no decoder ${name}`)
  const tell = (told: DecoderTold) => process.send?.(told)
  const tally = fuzzDecoder(subject, errand, (at) => {
    if ((at - errand.from) % tellEvery === 0) tell({ at })
  })
  tell({ tally })
})
