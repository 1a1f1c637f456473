import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Label } from '../../schemas/series/series.js'
import type { PointSink } from '../sink.js'
import { InfluxDecoder } from './decoder.js'
import { encodeLine } from './encode.js'
import type { Precision } from './precision.js'

fc.configureGlobal({ seed: 42 })

const NOW = 1_700_000_000_000

/** Writes down what a decoder gives; handles stay valid until `epoch` is changed. */
class Notes implements PointSink {
  epoch = 1
  position = 0
  points: string[] = []
  refusals: string[] = []
  asked: string[] = []
  refusedMetric = ''
  #handles: string[] = []

  series(metric: string, labels: readonly Label[]): number {
    const text = `${metric}{${labels.map(([name, value]) => `${name}=${value}`).join()}}`
    this.asked.push(text)
    return metric === this.refusedMetric ? -1 : this.#handles.push(text) - 1
  }

  add(handle: number, timeMs: number, value: number, weight: number): void {
    this.points.push(
      `${this.#handles[handle]} ${value} ${timeMs === NOW ? 'now' : timeMs}${weight === 1 ? '' : ' weighted'}`,
    )
  }

  addStale(): void {
    throw new Error('line protocol has no staleness markers')
  }

  refuse(error: Error, text?: string): void {
    this.refusals.push(`${this.position}: ${error.message} in ${text}`)
  }

  /** The points since the last call. */
  take(): string[] {
    const { points } = this
    this.points = []
    return points
  }
}

let decoder: InfluxDecoder
let notes: Notes

beforeEach(() => {
  decoder = new InfluxDecoder()
  notes = new Notes()
})

function decode(body: string | Uint8Array, precision?: Precision): string[] {
  decoder.decode(typeof body === 'string' ? Buffer.from(body) : body, { nowMs: NOW, precision }, notes)
  return notes.take()
}

describe('what a line means', () => {
  test('each field is a series of its own, named after measurement and field', () => {
    expect(decode('cpu,host=a,zone=b user=1.5,idle=2i 1600000000000000000')).toEqual([
      'cpu_user{host=a,zone=b} 1.5 1600000000000',
      'cpu_idle{host=a,zone=b} 2 1600000000000',
    ])
  })

  test('a field called value bears the name of the measurement', () => {
    expect(decode('api_latency value=3')).toEqual(['api_latency{} 3 now'])
  })

  test('true is 1 and false is 0', () => {
    expect(decode('m a=t,b=FALSE,c=7u')).toEqual(['m_a{} 1 now', 'm_b{} 0 now', 'm_c{} 7 now'])
  })

  test('strings are counted, and are neither points nor errors', () => {
    expect(decode('m s="x",f=1,t="y"\nm s="only"')).toEqual(['m_f{} 1 now'])
    expect(decoder.skippedStringFields).toBe(3)
    expect(notes.refusals).toEqual([])
  })

  test('times are in the precision of the request, rounded down to the millisecond', () => {
    expect(decode('m value=1 1600000000123999999')).toEqual(['m{} 1 1600000000123'])
    expect(decode('m value=1 -1')).toEqual(['m{} 1 -1'])
    expect(decode('m value=1 1600000000123999', 'us')).toEqual(['m{} 1 1600000000123'])
    expect(decode('m value=1 1600000000123', 'ms')).toEqual(['m{} 1 1600000000123'])
    expect(decode('m value=1 1600000000', 's')).toEqual(['m{} 1 1600000000000'])
    expect(decode('m value=1 2', 'm')).toEqual(['m{} 1 120000'])
    expect(decode('m value=1 2', 'h')).toEqual(['m{} 1 7200000'])
  })

  test('escaped names come out as they were meant', () => {
    expect(decode(String.raw`disk\ io,path=/a\ b,mode=r\=w rate\,1m=1`)).toEqual([
      'disk io_rate,1m{path=/a b,mode=r=w} 1 now',
    ])
  })
})

describe('what is refused', () => {
  test('a bad field anywhere refuses its whole line, and only that', () => {
    expect(decode('m a=1\nm a=2,b=oops\nm a=3')).toEqual(['m_a{} 1 now', 'm_a{} 3 now'])
    expect(notes.refusals).toEqual([
      '2: column 9: expected a number, a boolean or a string in quotes, found "o" in m a=2,b=oops',
    ])
  })

  test('no tag may pose as the name of the metric', () => {
    expect(decode('m,__name__=x value=1\nm,__name_=x value=2')).toEqual(['m{__name_=x} 2 now'])
    expect(notes.refusals[0]).toContain('the tag key "__name__" is reserved')
  })

  test('a refused line registers no series', () => {
    decode('m,host=new a=1,b=oops')
    expect(notes.asked).toEqual([])
  })

  test('points of a series that the sink refuses are left out, the others are kept', () => {
    notes.refusedMetric = 'm_b'
    expect(decode('m a=1,b=2,c=3\nm a=4,b=5,c=6')).toEqual(['m_a{} 1 now', 'm_c{} 3 now', 'm_a{} 4 now', 'm_c{} 6 now'])
    expect(notes.asked.filter((series) => series === 'm_b{}')).toHaveLength(2)
  })

  test('a flood of bad lines is counted in full and described in part', () => {
    expect(decode(`${'x\n'.repeat(5000)}m value=1`)).toEqual(['m{} 1 now'])
    expect(notes.refusals).toHaveLength(5000)
    expect(notes.refusals[0]).toBe('1: column 2: expected a space and a field in x')
    expect(notes.refusals[4999]).toBe(
      '5000: the line cannot be read; only the first 1000 bad lines of a request are described in undefined',
    )
  })

  test('the text of a very long bad line is cut', () => {
    decode(`m ${'x'.repeat(100_000)}`)
    expect(notes.refusals[0].length).toBeLessThan(700)
  })
})

describe('what is remembered', () => {
  test('a series is resolved once, whatever order its fields come in', () => {
    decode('m,h=1 a=1,b=2\nm,h=1 a=1,b=2\nm,h=1 b=2,a=1\nm,h=1 b=2\nm,h=1 c=1,a=3,a=4')
    expect(notes.asked).toEqual(['m_a{h=1}', 'm_b{h=1}', 'm_c{h=1}'])
  })

  test('when the epoch changes no old handle is used', () => {
    decode('m a=1')
    notes = new Notes()
    notes.epoch = 2
    expect(decode('x a=1\nm a=2')).toEqual(['x_a{} 1 now', 'm_a{} 2 now'])
  })

  test('more field names than are kept are still all understood', () => {
    const fields = Array.from({ length: 3 }, (_, line) =>
      Array.from({ length: 30_000 }, (_, i) => `f${line}_${i}=${i}`).join(),
    )
    const points = decode(fields.map((list) => `m ${list}`).join('\n'))
    expect(points).toHaveLength(90_000)
    expect(points.at(-1)).toBe('m_f2_29999{} 29999 now')
    expect(decode(`m ${fields[0]}`)).toHaveLength(30_000)
  })
})

describe('laws', () => {
  const nameOf = (...characters: string[]) =>
    fc
      .string({ unit: fc.constantFrom(...'abc', ' ', ',', '=', '\\', 'é', '#', ...characters), maxLength: 6 })
      .map((text) => `n${text}`)
      .filter((text) => !text.endsWith('\\'))
  const value = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((float) => ({ float })),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((int) => ({ int })),
    fc.boolean().map((bool) => ({ bool })),
    fc
      .string({ unit: fc.constantFrom('a', '\n', '\\', '"', 'é'), maxLength: 5 })
      .map((text) => ({ string: `s${text}` })),
  )
  const goodOf = (name: fc.Arbitrary<string>) =>
    fc
      .record({
        measurement: name,
        tags: fc.dictionary(name, name, { maxKeys: 3, noNullPrototype: true }),
        fields: fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 4 }),
        time: fc.option(fc.bigInt({ min: 0n, max: 2n ** 60n }), { nil: undefined }),
      })
      .map(({ tags, ...line }) => {
        const sorted = Object.entries(tags).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
        return encodeLine({ ...line, tags: sorted })
      })
  const good = goodOf(nameOf('"'))
  const bad = fc.constantFrom(
    'm',
    'm f=',
    'm,a f=1',
    'm f=1 x',
    'm f=1,',
    '=',
    'm f="open',
    'm f="a"b',
    'm,a=1,a=2 f=1',
    '\t',
    '#\t',
    'm f=\xff1',
  )
  const lineOf = (good: fc.Arbitrary<string>) =>
    fc.oneof(
      good.map((text) => ({ text, isGood: true })),
      bad.map((text) => ({ text, isGood: false })),
    )
  // A quote that was left open ends at the next quote there is; only where that opens a string can it be told.
  const lineWithoutQuotes = lineOf(goodOf(nameOf()))

  test('every good line of a mixed body is kept, every bad one is refused', () => {
    fc.assert(
      fc.property(fc.array(lineWithoutQuotes, { maxLength: 12 }), fc.constantFrom('\n', '\r\n'), (lines, newline) => {
        const alone = new InfluxDecoder()
        const expected = new Notes()
        for (const { text, isGood } of lines) {
          if (isGood) alone.decode(Buffer.from(text), { nowMs: NOW }, expected)
        }
        const mixed = new Notes()
        new InfluxDecoder().decode(Buffer.from(lines.map(({ text }) => text).join(newline)), { nowMs: NOW }, mixed)
        expect(mixed.points).toEqual(expected.points)
        expect(mixed.refusals).toHaveLength(lines.filter(({ isGood }) => !isGood).length)
      }),
      { numRuns: 500 },
    )
  })

  test('a decoder that has seen everything gives the same as one that has seen nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.array(lineOf(good), { maxLength: 6 }), { minLength: 1, maxLength: 4 }), (bodies) => {
        const warm = new InfluxDecoder()
        const seen = new Notes()
        const texts = bodies.map((lines) => Buffer.from(lines.map(({ text }) => text).join('\n')))
        for (const text of texts) warm.decode(text, { nowMs: NOW }, seen)
        seen.take()
        for (const text of texts.toReversed()) {
          const fresh = new Notes()
          new InfluxDecoder().decode(text, { nowMs: NOW }, fresh)
          warm.decode(text, { nowMs: NOW }, seen)
          expect(seen.take()).toEqual(fresh.points)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('random and mutated bytes never throw, and each line is answered', () => {
    const alphabet = Buffer.from('m,= "\\\n\r\t#tfiu0123456789.-+eE_x\xff\xc3\xa9')
    const noise = fc.array(fc.oneof(fc.constantFrom(...alphabet), fc.nat(255)), { maxLength: 60 })
    const mutated = fc.tuple(
      fc.array(good, { minLength: 1, maxLength: 3 }),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }),
    )
    const bytes = fc.oneof(
      noise.map((list) => Uint8Array.from(list)),
      mutated.map(([lines, changes]) => {
        const body = Uint8Array.from(Buffer.from(lines.join('\n')))
        for (const [at, byte] of changes) body[at % body.length] = byte
        return body
      }),
    )
    const shared = new InfluxDecoder()
    fc.assert(
      fc.property(bytes, (body) => {
        const cold = new Notes()
        const warm = new Notes()
        warm.epoch = NaN
        new InfluxDecoder().decode(body, { nowMs: NOW }, cold)
        shared.decode(body, { nowMs: NOW }, warm)
        expect(warm.points).toEqual(cold.points)
        expect(warm.refusals).toEqual(cold.refusals)
      }),
      { numRuns: 3000 },
    )
  })
})
