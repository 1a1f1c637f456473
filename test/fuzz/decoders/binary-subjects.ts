import { crc32 } from 'node:zlib'
import { CumulativeHistograms } from '../../../ingest/histogram/cumulative.js'
import { OtlpDecoder } from '../../../ingest/otlp/decoder.js'
import type { OtlpEncoding } from '../../../ingest/otlp/options.js'
import { RemoteWriteDecoder } from '../../../ingest/remote-write/decoder.js'
import { unsnappy } from '../../../ingest/remote-write/snappy.js'
import { TidemarkError } from '../../../schemas/errors.js'
import { DamagedRecord, decodeRecord } from '../../../schemas/log/record.js'
import { Series } from '../../../schemas/series/series.js'
import { DamagedChunk, decodeChunk } from '../../../schemas/windows/chunk.js'
import { WindowColumns } from '../../../schemas/windows/columns.js'
import { CHUNKS, OTLP_JSON, OTLP_PROTOBUF, RECORDS, SNAPPY_BODIES, WRITE_REQUESTS } from './binary-samples.js'
import { CheckingSink } from './checking-sink.js'
import { mutatedInPlace } from './mutate-in-place.js'
import { mutatedJson } from './mutate-json.js'
import { latin, type Subject } from './subject.js'

const NOW = 1_767_225_600_000
/** What a body may decompress to in these tests, bytes. */
const INFLATED_BYTES = 1 << 20
const STATES = 100
const FIELDS = latin(
  '\x0a',
  '\x12\x02',
  '\x0a\x00',
  '\x22\x04',
  '\x08\x01',
  '\x11',
  '\x39',
  '\x7a\x05',
  '\x00\x00\x00\x00',
  '\x0f',
  '\x0b\x0c',
  'a',
  '\xff',
)

/** Remote-write, decompressed. */
export const remoteWrite: Subject = {
  name: 'remote-write',
  samples: WRITE_REQUESTS,
  words: [...FIELDS, ...latin('__name__', '\xed\xa0\x80')],
  mutate: mutatedInPlace,
  open() {
    const decoder = new RemoteWriteDecoder(new CumulativeHistograms(STATES, NOW))
    const sink = new CheckingSink()
    return (body) => {
      sink.pieces = 0
      decoder.decode(body, { nowMs: NOW }, sink)
      decoder.takeBack()
      return sink.pieces
    }
  },
}

/** Snappy, as remote-write bodies come. */
export const snappy: Subject = {
  name: 'snappy',
  samples: SNAPPY_BODIES,
  words: latin('\xfe\x01\x00', '\xfc', '\x01\x01', '\x80\x80\x80\x80\x04', '\x05\x01', 'abcd', '\x00'),
  open: () => (body) => {
    try {
      const inflated = unsnappy(body, INFLATED_BYTES)
      if (inflated.length > INFLATED_BYTES) throw new Error(`broken: ${inflated.length} bytes came out`)
    } catch (error) {
      if (!(error instanceof TidemarkError)) throw error
    }
    return 1
  },
}

function otlp(encoding: OtlpEncoding, parts: Pick<Subject, 'samples' | 'words' | 'mutate'>): Subject {
  return {
    ...parts,
    name: `otlp-${encoding}`,
    open() {
      const decoder = new OtlpDecoder(new CumulativeHistograms(STATES, NOW))
      const sink = new CheckingSink()
      return (body) => {
        sink.pieces = 0
        const names = body.length % 2 === 0 ? 'translate' : 'keep'
        decoder.decode(body, { nowMs: NOW, encoding, names, promoteResourceAttributes: 'all' }, sink)
        decoder.takeBack()
        return sink.pieces
      }
    },
  }
}

/** OTLP over HTTP in protobuf. */
export const otlpProtobuf = otlp('protobuf', {
  samples: OTLP_PROTOBUF,
  words: [...FIELDS, ...latin('service.name', '\xed\xa0\x80')],
  mutate: mutatedInPlace,
})

/** OTLP over HTTP in JSON. */
export const otlpJson = otlp('json', {
  samples: OTLP_JSON,
  words: latin(
    '{',
    '}',
    '[',
    ']',
    '[[[[[[[[[[[[[[[[[[[[',
    ':',
    ',',
    '"',
    '\\ud800',
    '\\u0000',
    'null',
    'true',
    '-1',
    '1e999',
    '"NaN"',
    '{}',
    '"__proto__":',
    '"timeUnixNano":',
    '"attributes":[',
    '"dataPoints":[',
    '"intValue":"9223372036854775807"',
  ),
  mutate: mutatedJson,
})

/** Records of the log. */
export const logRecord: Subject = {
  name: 'log-record',
  samples: RECORDS,
  words: latin('TMR1', '\x01\x00', '\x07\x00', '\xff\xff\xff\xff', '\x00\x00\x00\x00', '\x01'),
  seal: (input) => sealed(input, 20),
  mutate: mutatedInPlace,
  open: () => (input) => {
    try {
      const record = decodeRecord(input)
      for (let i = 0; i < record.seriesCount; i++) readSeries(record.canonical(i))
      for (let i = 0; i < record.pointCount; i++) {
        if (record.seriesIndex[i] >= record.seriesCount) throw new Error('broken: a point belongs to no series')
      }
      return record.seriesCount + record.pointCount
    } catch (error) {
      if (!(error instanceof DamagedRecord)) throw error
      return 1
    }
  },
}

/** Chunks of windows. */
export const chunk: Subject = {
  name: 'chunk',
  samples: CHUNKS,
  words: latin('TMW1', '\x01', '\x07', '\xff\xff', '\xaa\xaa\xaa\xaa', '\x00\x00\x00\x00', '\x00\x10\xff'),
  seal: (input) => sealed(input, 24),
  mutate: mutatedInPlace,
  open: () => (input) => {
    const into = new WindowColumns()
    const known = Series.of('known', {}, 0)
    let asked = 0
    try {
      decodeChunk(
        input,
        (row) => {
          asked++
          if (row.canonical().length > 0) readSeries(row.canonical())
          return asked % 5 === 0 ? undefined : known
        },
        into,
      )
      for (let i = 0; i < into.length; i++) into.sketch[i]?.quantile(0.5)
    } catch (error) {
      if (!(error instanceof DamagedChunk)) throw error
    }
    return asked
  },
}

function readSeries(canonical: Uint8Array): void {
  const series = Series.fromCanonical(canonical.slice())
  if (series.metric.length + series.labels.length < 0) throw new Error('broken: a series is text')
}

/** With the checksum that lies at `at` made right, so that what is behind it is read. */
function sealed(input: Uint8Array, at: number): Uint8Array {
  if (input.length < at + 4) return input
  const bytes = Buffer.from(input)
  bytes.writeUInt32LE(crc32(bytes.subarray(at + 4), crc32(bytes.subarray(0, at))), at)
  return bytes
}
