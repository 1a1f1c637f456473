import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Label } from '../../schemas/series/series.js'
import type { PointSink } from '../sink.js'
import { InfluxDecoder } from './decoder.js'
import { KnownLine } from './known-line.js'

const NOW = 1_767_225_600_000

/** What a decoder says of each line, in order; every bit of a value counts. */
class Said implements PointSink {
  epoch = 1
  position = 0
  lines: string[] = []
  #series: string[] = []

  series(metric: string, labels: readonly Label[]): number {
    return this.#series.push(`${metric}{${labels.map(([name, value]) => `${name}=${value}`).join()}}`) - 1
  }

  add(handle: number, timeMs: number, value: number, weight: number): void {
    const bits = new BigUint64Array(Float64Array.of(value).buffer)[0]
    this.lines.push(`${this.position}: ${this.#series[handle]} ${value} (${bits}) at ${timeMs} weighs ${weight}`)
  }

  addStale(): void {
    throw new Error('line protocol has no staleness markers')
  }

  refuse(error: Error, text?: string): void {
    this.lines.push(`${this.position}: ${error.message} in ${text}`)
  }

  take(): string[] {
    return this.lines.splice(0)
  }
}

/** Each line by a decoder that knows of no other. */
function alone(lines: readonly string[]): string[] {
  return lines.flatMap((line, i) => {
    const said = new Said()
    const isLast = i === lines.length - 1
    new InfluxDecoder().decode(Buffer.from(isLast ? line : `${line}\n`), { nowMs: NOW }, said)
    return said.take().map((each) => each.replace(/^\d+/, String(i + 1)))
  })
}

const keys = ['m', 'm,a=1', 'm,a=11', String.raw`m,a=1\ `, String.raw`m,a=1\ 1`, 'mm', 'm,a=1,b=2', ' m', '#m', '']
const names = ['value', 'valu', 'v', String.raw`v\,w`, String.raw`v\=`, String.raw`v\ `, 'é']
const short = '0 7 42i 0.125 -3 -0 -0i -7i 5. .5 -.5 1.5i 9u -9u 1e3 2e 1_000'.split(' ')
const long =
  '123456789012345 1234567890123456 9007199254740993i 0.12345678901234567 12345678.9012345 000000000000000001'
const none = ['', '.', '-', '-.', 'i', '-i', 't', 'False', 'x', 'nan', '"a b"', '0x1p3', '1.2.3', '1 2', '--1', '+1']
const times = ['', ' 1', ' 16', ' 1600000000000000000', ' 160000000000000000', ' -1', ' 1 2', '  16', ' 1,', ' ']
const gaps = [' ', ' ', ' ', ' ', '  ', ',', '']
const equals = ['=', '=', '=', '=', ' ', ',', '']
const endings = ['\n', '\r\n', ' \n', '\n\n']

const oneOf = (words: readonly string[]) => fc.constantFrom(...words)
const number = fc.oneof(oneOf(short), oneOf(long.split(' ')), oneOf(none), fc.double().map(String))
const fields = fc.array(fc.tuple(oneOf(names), number), { minLength: 1, maxLength: 3 })
const line = fc
  .record({
    key: oneOf(keys),
    gap: oneOf(gaps),
    fields,
    equals: oneOf(equals),
    time: oneOf(times),
    ending: oneOf(endings),
  })
  .map(({ key, gap, fields, equals, time, ending }) => {
    const before = fields.map(([name]) => `${name}=1`)
    const now = fields.map(([name, value]) => `${name}${equals}${value}`)
    return { before: `${key} ${before.join(',')} 16\n`, text: `${key}${gap}${now.join(',')}${time}${ending}` }
  })

test('what is guessed from the lines before is what is read, also where one begins like the other', () => {
  const shared = new InfluxDecoder()
  const said = new Said()
  const law = (lines: { before: string; text: string }[], again: number, isOpen: boolean) => {
    // Before each line comes one that makes it the guess.
    const body = lines.map(({ before, text }) => before.repeat(again) + text).join('')
    const whole = isOpen ? body.slice(0, -1) : body
    shared.decode(Buffer.from(whole), { nowMs: NOW }, said)
    expect(said.take()).toEqual(alone(whole.split('\n')))
  }
  fc.assert(fc.property(fc.array(line, { minLength: 1, maxLength: 3 }), fc.nat(3), fc.boolean(), law), {
    numRuns: 3000,
  })
})

test('a line that comes again in its place, with other numbers and another time, is one that was guessed', () => {
  const { read } = KnownLine.prototype
  let guessed = 0
  KnownLine.prototype.read = function (...given) {
    const isKnown = read.apply(this, given)
    if (isKnown) guessed++
    return isKnown
  }
  try {
    const said = new Said()
    const decoder = new InfluxDecoder()
    const hosts = ['a', 'b', 'c']
    const body = (n: number) => hosts.map((host) => `cpu,host=${host} user=${n}i,idle=${n / 8} ${n}000000\n`).join('')
    for (const n of [1, 2, 3]) decoder.decode(Buffer.from(body(n)), { nowMs: NOW }, said)
    // Keys are learned at first, then their order; the first line of a request has none before it.
    expect(guessed).toBe(2)
    expect(said.lines).toHaveLength(18)
  } finally {
    KnownLine.prototype.read = read
  }
})

test('a line of more fields than are read at once is read whole', () => {
  const said = new Said()
  const lines = Array.from(
    { length: 4 },
    () => `m ${Array.from({ length: 300 }, (_, i) => `f${i}=${i}`).join(',')} 1000000`,
  )
  new InfluxDecoder().decode(Buffer.from(lines.join('\n')), { nowMs: NOW }, said)
  expect(said.take()).toEqual(alone(lines))
})
