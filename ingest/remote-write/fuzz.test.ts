import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RecordingSink } from '../../test/recording-sink.js'
import { CumulativeHistograms } from '../histogram/cumulative.js'
import { RemoteWriteDecoder } from './decoder.js'
import { encodeWriteRequest } from './encode.js'
import { unsnappy } from './snappy.js'

fc.configureGlobal({ seed: 42 })

const T = 1_700_000_000_000

const SEED = encodeWriteRequest([
  {
    labels: [
      ['__name__', 'a'],
      ['job', 'api'],
    ],
    samples: [
      { timeMs: T, value: 1 },
      { timeMs: T + 1, value: 'stale' },
    ],
  },
  {
    labels: [['__name__', 'h']],
    histograms: [
      {
        timeMs: T,
        schema: 3,
        count: 6,
        sum: 9,
        zeroCount: 1,
        isGauge: true,
        positive: { spans: [{ offset: -2, length: 2 }], counts: [2, 3] },
      },
    ],
  },
])

function decode(body: Uint8Array): RecordingSink {
  const sink = new RecordingSink()
  new RemoteWriteDecoder(new CumulativeHistograms(100, T)).decode(body, { nowMs: T }, sink)
  return sink
}

test('random bytes are refused or mean something, and never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (body) => {
      decode(body)
      try {
        unsnappy(body, 1000)
      } catch (error) {
        expect(error).toHaveProperty('code')
      }
    }),
    { numRuns: 2000 },
  )
})

test('a real request with any bytes changed never throws, nor gives more points than it has bytes', () => {
  const change = fc.tuple(fc.nat(SEED.length - 1), fc.nat(255))
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), fc.nat(SEED.length), (changes, cut) => {
      const body = SEED.slice(0, cut === 0 ? undefined : cut)
      for (const [at, value] of changes) body[at % body.length] = value
      expect(decode(body).points.length).toBeLessThan(body.length + 1)
    }),
    { numRuns: 3000 },
  )
})
