import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { DecoderTold, SubjectErrand } from './decoder-process.js'
import type { DecoderErrand, DecoderTally } from './fuzz-decoder.js'
import type { Subject } from './subject.js'

/** An input that is not read by then never will be, ms. */
const HANG_MS = 60_000
const HEAP_MB = 256
const TELL_EVERY = 500

type Ended = { tally: DecoderTally } | { brokenAt: number; reason: string }

/**
 * Lets a process read the inputs of one decoder, so that an input that hangs it, or takes all of its memory, is found and
 * named too.
 * @returns what came of them, with the failure if there was one
 */
export async function runSubject(subject: Subject, errand: DecoderErrand): Promise<DecoderTally> {
  const ended = await run({ ...errand, subject: subject.name, tellEvery: TELL_EVERY })
  if ('tally' in ended) return ended.tally
  // It broke at one of the next inputs: they are read again, each told before.
  const { brokenAt: from, reason } = ended
  const to = Math.min(errand.to, from + TELL_EVERY)
  const again = await run({ seed: errand.seed, from, to, subject: subject.name, tellEvery: 1 })
  const input = 'brokenAt' in again ? again.brokenAt : from
  const seen = 'brokenAt' in again ? again.reason : `${reason}, though not when read again from there`
  return { inputs: input - errand.from, ...NOTHING, failure: { input, reason: seen } }
}

const NOTHING = { bytes: 0, pieces: 0, heldBytes: 0, peakBytes: 0, slowest: { ms: 0, input: 0 } }

function run(errand: SubjectErrand): Promise<Ended> {
  const child = fork(fileURLToPath(new URL('./decoder-process.js', import.meta.url)), {
    execArgv: ['--enable-source-maps', `--max-old-space-size=${HEAP_MB}`],
  })
  return new Promise((resolve) => {
    let at = errand.from
    const finish = (ended: Ended) => {
      clearTimeout(patience)
      child.removeAllListeners()
      resolve(ended)
    }
    const patience = setTimeout(() => {
      child.kill('SIGKILL')
      finish({ brokenAt: at, reason: `it is not done after ${HANG_MS / 1000} s` })
    }, HANG_MS)
    child.on('exit', (code, signal) => finish({ brokenAt: at, reason: `the process ended (${signal ?? code})` }))
    child.on('message', (told: DecoderTold) => {
      if ('tally' in told) {
        child.disconnect()
        return finish(told)
      }
      at = told.at
      patience.refresh()
    })
    child.send(errand)
  })
}
