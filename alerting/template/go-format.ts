import { formatFloat } from './go-float.js'
import { formatDuration, formatTime } from './go-time.js'
import { type GoValue, isDuration, isMap, isSlice, isStruct, isTime, sortedKeys, typeName } from './values.js'

/** No text is made wider than this. */
const MAX_WIDTH = 10_000

const DIRECTIVE = /%([-+# 0]*)(\*|\d+)?(?:\.(\*|\d*))?(?:\[(\d+)\])?([\s\S]?)/g

/** A value as Go's fmt.Print writes it, and so as templates do. */
export function formatValue(value: GoValue): string {
  return printed(value, NO_FLAGS)
}

/** The values as fmt.Print writes them: a blank between two that are no texts. */
export function print(values: readonly GoValue[]): string {
  return values
    .map((value, i) => {
      const isApart = i > 0 && typeof value !== 'string' && typeof values[i - 1] !== 'string'
      return (isApart ? ' ' : '') + formatValue(value)
    })
    .join('')
}

interface Flags {
  minus: boolean
  plus: boolean
  sharp: boolean
  space: boolean
  zero: boolean
  width?: number
  precision?: number
}

const NO_FLAGS: Flags = { minus: false, plus: false, sharp: false, space: false, zero: false }

/** Go's fmt.Sprintf. */
export function sprintf(format: string, values: readonly GoValue[]): string {
  let next = 0
  let isReordered = false
  const text = format.replace(DIRECTIVE, (_, flags: string, width, precision, index, verb: string) => {
    const number = (given: string | undefined) => {
      if (given !== '*') return given === undefined ? undefined : Math.min(Number(given), MAX_WIDTH)
      const taken = values[next++]
      return typeof taken === 'bigint' ? Math.min(Math.abs(Number(taken)), MAX_WIDTH) : undefined
    }
    const read: Flags = {
      minus: flags.includes('-'),
      plus: flags.includes('+'),
      sharp: flags.includes('#'),
      space: flags.includes(' '),
      zero: flags.includes('0') && !flags.includes('-'),
      width: number(width),
      precision: number(precision),
    }
    if (verb === '') return '%!(NOVERB)'
    if (verb === '%') return '%'
    if (index !== undefined) {
      next = Number(index) - 1
      isReordered = true
    }
    if (next < 0 || next >= values.length) return `%!${verb}(${index === undefined ? 'MISSING' : 'BADINDEX'})`
    return formatted(values[next++], verb, read)
  })
  if (isReordered || next >= values.length) return text
  const extra = values.slice(next).map((value) => `${typeName(value)}=${formatValue(value)}`)
  return `${text}%!(EXTRA ${extra.join(', ')})`
}

function formatted(value: GoValue, verb: string, flags: Flags): string {
  if (verb === 'T') return padded(typeName(value), flags)
  if (verb === 'v') return printed(value, flags)
  if (value === undefined) return `%!${verb}(<nil>)`
  const text = byType(value, verb, flags)
  return text ?? `%!${verb}(${typeName(value)}=${printed(value, flags)})`
}

/** @returns undefined if the verb is none for this type */
function byType(value: GoValue, verb: string, flags: Flags): string | undefined {
  if (typeof value === 'number') return floatByVerb(value, verb, flags)
  if (typeof value === 'bigint') return intByVerb(value, verb, flags)
  if (typeof value === 'string') return textByVerb(value, verb, flags)
  if (typeof value === 'boolean') return verb === 't' ? padded(String(value), flags) : undefined
  if (verb === 's' && (isTime(value) || isDuration(value))) return printed(value, flags)
  return compound(value, (part) => formatted(part, verb, flags))
}

function printed(value: GoValue, flags: Flags): string {
  if (value === undefined) return padded('<nil>', flags)
  if (typeof value === 'number') return numeric(formatFloat(value, 'g', flags.precision ?? -1), flags)
  if (typeof value === 'bigint') return intByVerb(value, 'd', flags) ?? ''
  if (typeof value === 'string') return textByVerb(value, flags.sharp ? 'q' : 's', { ...flags, sharp: false }) ?? ''
  if (isTime(value)) return padded(formatTime(value), flags)
  if (isDuration(value)) return padded(formatDuration(value), flags)
  return compound(value, (part) => printed(part, flags)) ?? padded(String(value), flags)
}

/** `map[a:1 b:2]`, `[1 2]`, `{map[a:1] 2}`. */
function compound(value: GoValue, part: (value: GoValue) => string): string | undefined {
  if (isSlice(value)) return `[${value.map(part).join(' ')}]`
  if (isMap(value)) {
    return `map[${sortedKeys(value)
      .map((key) => `${part(key)}:${part(value.entries.get(key))}`)
      .join(' ')}]`
  }
  return isStruct(value) ? `{${[...value.fields.values()].map(part).join(' ')}}` : undefined
}

function floatByVerb(value: number, verb: string, flags: Flags): string | undefined {
  const { precision } = flags
  switch (verb) {
    case 'e':
    case 'f':
      return numeric(formatFloat(value, verb, precision ?? 6), flags)
    case 'F':
      return numeric(formatFloat(value, 'f', precision ?? 6), flags)
    case 'E':
      return numeric(formatFloat(value, 'e', precision ?? 6).toUpperCase(), flags)
    case 'g':
      return numeric(formatFloat(value, 'g', precision ?? -1), flags)
    case 'G':
      return numeric(formatFloat(value, 'g', precision ?? -1).replace('e', 'E'), flags)
    default:
      return undefined
  }
}

const RADIX: Readonly<Record<string, number>> = { d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 }
const PREFIX: Readonly<Record<string, string>> = { b: '0b', o: '0', O: '0o', x: '0x', X: '0X' }

function intByVerb(value: bigint, verb: string, flags: Flags): string | undefined {
  const character = value >= 0n && value <= 0x10ffffn ? String.fromCodePoint(Number(value)) : '\ufffd'
  if (verb === 'c') return padded(character, flags)
  if (verb === 'q') return padded(`'${character}'`, flags)
  if (verb === 'U') return padded(`U+${value.toString(16).toUpperCase().padStart(4, '0')}`, flags)
  if (!Object.hasOwn(RADIX, verb)) return undefined
  const digits = (value < 0n ? -value : value).toString(RADIX[verb]).padStart(flags.precision ?? 1, '0')
  const prefix = flags.sharp || verb === 'O' ? (PREFIX[verb] ?? '') : ''
  const sign = value < 0n ? '-' : ''
  // A precision says how many digits there are: zeros then fill no width.
  const zero = flags.zero && flags.precision === undefined
  return numeric(sign + prefix + (verb === 'X' ? digits.toUpperCase() : digits), { ...flags, zero })
}

function textByVerb(value: string, verb: string, flags: Flags): string | undefined {
  const cut = flags.precision === undefined ? value : [...value].slice(0, flags.precision).join('')
  if (verb === 's') return padded(cut, flags)
  if (verb === 'q') return padded(flags.sharp && !cut.includes('`') ? `\`${cut}\`` : quoted(cut), flags)
  if (verb !== 'x' && verb !== 'X') return undefined
  const hex = Buffer.from(value).toString('hex')
  return padded(verb === 'X' ? hex.toUpperCase() : hex, flags)
}

/** A text as Go's strconv.Quote writes it. */
function quoted(text: string): string {
  const inner = text.replace(/["\\\p{Cc}]/gu, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`
    const named = '\x07\b\f\n\r\t\v'.indexOf(character)
    return named >= 0 ? `\\${'abfnrtv'[named]}` : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  return `"${inner}"`
}

function numeric(text: string, flags: Flags): string {
  const sign = /^[-+]/.test(text) ? text[0] : ''
  const shown = sign === '-' ? '-' : flags.plus ? '+' : flags.space ? ' ' : text.startsWith('+') ? '+' : ''
  const digits = text.slice(sign.length)
  const isNumber = !/^(?:Inf|NaN)$/.test(digits)
  const missing = (flags.width ?? 0) - shown.length - digits.length
  if (flags.zero && isNumber && missing > 0) return shown + '0'.repeat(missing) + digits
  return padded(shown + digits, { ...flags, zero: false })
}

function padded(text: string, { width = 0, minus, zero }: Flags): string {
  const missing = width - [...text].length
  if (missing <= 0) return text
  return minus ? text + ' '.repeat(missing) : (zero ? '0' : ' ').repeat(missing) + text
}
