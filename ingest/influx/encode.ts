import { TidemarkError } from '../../schemas/errors.js'
import { type Escapes, escapeText, KEY_ESCAPES, MEASUREMENT_ESCAPES, STRING_ESCAPES } from './escape.js'

/** Half a surrogate pair, which UTF-8 cannot hold. */
const HALF_PAIR = /\p{Cs}/u

/** A field's value with its type, which line protocol tells apart. */
export type LineValue = { float: number } | { int: bigint } | { uint: bigint } | { bool: boolean } | { string: string }

/** One line, ready to be written. */
export interface Line {
  measurement: string
  /** In ascending order of their bytes, each once. */
  tags: readonly (readonly [key: string, value: string])[]
  fields: readonly (readonly [key: string, value: LineValue])[]
  /** In the unit of the precision it is sent with; left out, the receiver takes its own clock. */
  time?: bigint
}

/**
 * A line of line protocol, without a newline, in the form that InfluxData's reference encoder gives it.
 * Throws TM_LINE_SYNTAX for what no line can hold: empty or unprintable names, a name that ends in a backslash,
 * tags out of order, no field, a float that is not finite, an integer beyond 64 bits.
 */
export function encodeLine({ measurement, tags, fields, time }: Line): string {
  if (measurement.startsWith('#')) throw unwritable('a measurement that starts with "#" would be read as a comment')
  let text = name('measurement', measurement, MEASUREMENT_ESCAPES)
  let previous: Buffer | undefined
  for (const [key, value] of tags) {
    text += `,${name('tag key', key, KEY_ESCAPES)}=${name('tag value', value, KEY_ESCAPES)}`
    const bytes = Buffer.from(key)
    if (previous !== undefined && Buffer.compare(previous, bytes) >= 0) {
      throw unwritable(`tag key ${JSON.stringify(key)} is out of order`)
    }
    previous = bytes
  }
  if (fields.length === 0) throw unwritable('a line needs at least one field')
  fields.forEach(([key, value], i) => {
    text += `${i === 0 ? ' ' : ','}${name('field key', key, KEY_ESCAPES)}=${encodeValue(value)}`
  })
  return time === undefined ? text : `${text} ${within(time, -(2n ** 63n), 2n ** 63n - 1n)}`
}

function encodeValue(value: LineValue): string {
  if ('float' in value) return encodeFloat(value.float)
  if ('int' in value) return `${within(value.int, -(2n ** 63n), 2n ** 63n - 1n)}i`
  if ('uint' in value) return `${within(value.uint, 0n, 2n ** 64n - 1n)}u`
  if ('bool' in value) return String(value.bool)
  if (HALF_PAIR.test(value.string)) throw unwritable('a string holds half a surrogate pair')
  return `"${escapeText(value.string, STRING_ESCAPES)}"`
}

/** The shortest digits that read back as `value`, as Go writes them: with an exponent below 1e-4 and from 1e6 on. */
function encodeFloat(value: number): string {
  if (!Number.isFinite(value)) throw unwritable(`the float ${value} is not finite`)
  if (Object.is(value, -0)) return '-0'
  const [digits, exponent] = value.toExponential().split('e')
  const power = Number(exponent)
  if (power >= -4 && power < 6) return String(value)
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

function name(what: string, text: string, escapes: Escapes): string {
  const unprintable = [...text].some((character) => character < ' ' || character === '\x7f')
  if (text === '' || unprintable || text.endsWith('\\') || HALF_PAIR.test(text)) {
    throw unwritable(`the ${what} ${JSON.stringify(text)} is empty, unprintable or ends in a backslash`)
  }
  return escapeText(text, escapes)
}

function within(value: bigint, lowest: bigint, highest: bigint): bigint {
  if (value < lowest || value > highest) throw unwritable(`the integer ${value} is not within 64 bits`)
  return value
}

function unwritable(reason: string): TidemarkError {
  return new TidemarkError('TM_LINE_SYNTAX', { reason })
}
