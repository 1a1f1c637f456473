import { expect, test } from 'vitest'
import { fuzzDecoder, inputOf } from './fuzz-decoder.js'
import { decoderFailureText } from './fuzz-decoders.js'
import { latin, type Subject } from './subject.js'
import { SUBJECTS } from './subjects.js'

const SEED = 1
const INPUTS = 1500

test.each(SUBJECTS.map((subject) => [subject.name, subject] as const))(
  '%s reads random and mutated inputs to a clear end, and holds no more than they explain',
  (_, subject) => {
    const tally = fuzzDecoder(subject, { seed: SEED, from: 0, to: INPUTS }, () => {})
    expect(tally.failure && decoderFailureText(subject, SEED, tally.failure)).toBeUndefined()
    expect(tally.inputs).toBe(INPUTS)
  },
)

test('the same seed gives the same inputs, and no mutation changes a sample', () => {
  for (const subject of SUBJECTS) {
    const samples = subject.samples.map((sample) => Buffer.from(sample).toString('base64'))
    const inputs = () => Array.from({ length: 50 }, (_, i) => Buffer.from(inputOf(subject, SEED, i)).toString('base64'))
    expect(inputs()).toEqual(inputs())
    expect(subject.samples.map((sample) => Buffer.from(sample).toString('base64'))).toEqual(samples)
  }
})

const subjectThat = (open: Subject['open']): Subject => ({
  name: 'test',
  samples: latin('abc'),
  words: latin('d'),
  open,
})

test.each<[string, RegExp, Subject['open']]>([
  [
    'throws',
    /no error of ours/,
    () => (input) => {
      if (input.length > 5) throw new TypeError('no error of ours')
      return 1
    },
  ],
  ['gives more than its input explains', /gave 1000000 pieces/, () => () => 1e6],
  [
    'remembers everything',
    /holds \d+ bytes after a round/,
    () => {
      const held: unknown[] = []
      return () => held.push(Buffer.alloc(64 << 10, 1)) * 0
    },
  ],
])('a decoder that %s is found out', (_, reason, open) => {
  const subject = subjectThat(open)
  const { failure } = fuzzDecoder(subject, { seed: SEED, from: 0, to: 2000 }, () => {})
  expect(failure?.reason).toMatch(reason)
  expect(decoderFailureText(subject, SEED, failure!)).toContain('--decoders 1 --only test --seed 1 --from')
})
