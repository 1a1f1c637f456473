import { ANY, type CodePoints, codePoints, codePointsSource, ignoringCase, without } from './code-points.js'
import { perlClass, posixClass, unicodeClass } from './named-classes.js'

/** Largest count of a repetition, as in RE2. */
const MAX_REPEAT = 1000
const NEWLINE = 0x0a

/** What is switched on at a place of the expression. */
interface Flags {
  /** `i`: case does not count. */
  ignoreCase: boolean
  /** `s`: the dot matches a newline. On at the start, as Prometheus has it. */
  dotAll: boolean
  /** `U`: `x*` takes as little as it can, `x*?` as much. */
  ungreedy: boolean
}

/** What makes an expression invalid, or one that is not supported. */
class RegexFault extends Error {}

/**
 * Translates RE2's syntax (github.com/google/re2/wiki/Syntax) to a JavaScript regular expression without flags, not
 * anchored. It uses neither look-around nor back-references, which RE2 does not have, so that an engine of linear time
 * can run it.
 * @throws RegexFault; what is wrong with repetitions is left to the JavaScript compiler
 */
export function translateRegex(source: string): string {
  return new Translation([...source]).whole()
}

class Translation {
  /** The expression, one element a code point. */
  readonly #in: readonly string[]
  #at = 0

  constructor(characters: readonly string[]) {
    this.#in = characters
  }

  whole(): string {
    const out = this.#alternatives({ ignoreCase: false, dotAll: true, ungreedy: false })
    if (this.#at < this.#in.length) throw new RegexFault('unexpected )')
    return out
  }

  /** Up to the parenthesis that closes the group at hand, or the end. */
  #alternatives(outer: Flags): string {
    const flags = { ...outer }
    let out = ''
    while (this.#at < this.#in.length && this.#peek() !== ')') {
      const start = this.#at
      const character = this.#take()!
      if (character === '|') out += '|'
      else if (character === '(') out += this.#group(flags)
      else if (character === '[') out += codePointsSource(this.#bracket(flags))
      else if (character === '.') out += this.#dot(flags)
      else if (character === '^' || character === '$') out += `(?:${character})`
      else if (character === '\\') out += this.#escape(flags)
      else if ('*+?{'.includes(character)) out += this.#repetition(start, flags) ?? this.#literal('{', flags)
      else out += this.#literal(character, flags)
    }
    return out
  }

  #group(flags: Flags): string {
    if (this.#peek() !== '?') return this.#closed('(', flags)
    const name = this.#match(/^\?P?<(\w+)>/)
    // A name that JavaScript does not take still captures, by its number.
    if (name) return this.#closed(/^\d/.test(name[1]) ? '(' : `(?<${name[1]}>`, flags)
    const switches = this.#match(/^\?([imsU]*)(?:-([imsU]+))?([:)])/)
    if (!switches)
      throw new RegexFault(`invalid or unsupported group (${this.#in.slice(this.#at, this.#at + 3).join('')}`)
    const [, on, off = '', end] = switches
    if (on.includes('m')) throw new RegexFault('(?m) is not supported: values are matched as a whole')
    const changed: Flags = {
      ignoreCase: (flags.ignoreCase || on.includes('i')) && !off.includes('i'),
      dotAll: (flags.dotAll || on.includes('s')) && !off.includes('s'),
      ungreedy: (flags.ungreedy || on.includes('U')) && !off.includes('U'),
    }
    if (end === ':') return this.#closed('(?:', changed)
    Object.assign(flags, changed)
    return ''
  }

  #closed(opening: string, flags: Flags): string {
    const body = this.#alternatives(flags)
    if (this.#take() !== ')') throw new RegexFault('missing closing )')
    return `${opening}${body})`
  }

  /** `*`, `+`, `?`, `{n,m}` at `start`, undefined if there is none: a brace that begins no count is itself. */
  #repetition(start: number, flags: Flags): string | undefined {
    this.#at = start
    const found = this.#match(/^(?:[*+?]|\{(\d+)(?:,(\d*))?\})/)
    if (!found) {
      this.#at = start + 1
      return undefined
    }
    const [operator, least, most] = found
    if (Number(least ?? 0) > MAX_REPEAT || Number(most || 0) > MAX_REPEAT) {
      throw new RegexFault(`${operator} repeats more than ${MAX_REPEAT} times`)
    }
    const isLazy = this.#match(/^\?/) !== undefined
    return isLazy === flags.ungreedy ? operator : `${operator}?`
  }

  #dot(flags: Flags): string {
    // A run of any characters is a run of any code units: the cheap form of the commonest piece.
    if (flags.dotAll && (this.#peek() === '*' || this.#peek() === '+')) return '[^]'
    return codePointsSource(flags.dotAll ? ANY : without([NEWLINE, NEWLINE]))
  }

  #literal(character: string, flags: Flags): string {
    const codePoint = character.codePointAt(0)!
    return codePointsSource(meant([codePoint, codePoint], false, flags))
  }

  #escape(flags: Flags): string {
    const letter = this.#peek()
    if (letter === 'A' || letter === 'z' || letter === 'b' || letter === 'B') {
      this.#at++
      return { A: '(?:^)', z: '(?:$)', b: '(?:\\b)', B: '(?:\\B)' }[letter]
    }
    if (letter === 'Q') {
      this.#at++
      let out = ''
      while (this.#at < this.#in.length && !this.#match(/^\\E/)) out += this.#literal(this.#take()!, flags)
      return out
    }
    return codePointsSource(this.#escapedSet(flags))
  }

  /** The set that an escape stands for, in a class or outside of one; the backslash is taken already. */
  #escapedSet(flags: Flags): CodePoints {
    const perl = this.#match(/^[dswDSW]/)
    if (perl) return meant(perlClass(perl[0].toLowerCase())!, perl[0] < 'a', flags)
    const property = this.#match(/^[pP](?:\{(\^?)([A-Za-z_]+)\}|([A-Z]))/)
    if (property) {
      const name = property[2] ?? property[3]
      const set = unicodeClass(name)
      if (!set) throw new RegexFault(`\\p{${name}} is no category and no script of Unicode`)
      return meant(set, (property[0][0] === 'P') !== (property[1] === '^'), flags)
    }
    const codePoint = this.#escapedCharacter()
    return meant([codePoint, codePoint], false, flags)
  }

  #escapedCharacter(): number {
    const hex = this.#match(/^x(?:\{([0-9A-Fa-f]{1,8})\}|([0-9A-Fa-f]{2}))/)
    if (hex) {
      const codePoint = Number.parseInt(hex[1] ?? hex[2], 16)
      if (codePoint > 0x10ffff) throw new RegexFault(`\\${hex[0]} is beyond Unicode`)
      return codePoint
    }
    const octal = this.#match(/^(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/)
    if (octal) return Number.parseInt(octal[0], 8)
    const character = this.#take()
    if (character === undefined) throw new RegexFault('a backslash at the end')
    const control = 'a\x07f\fn\nr\rt\tv\v'
    const at = control.indexOf(character)
    if (/[a-z]/.test(character) && at !== -1) return control.charCodeAt(at + 1)
    if (/[A-Za-z0-9\u0080-\u{10ffff}]/u.test(character)) throw new RegexFault(`invalid escape \\${character}`)
    return character.codePointAt(0)!
  }

  /** What a class holds; its opening bracket is taken already. */
  #bracket(flags: Flags): CodePoints {
    const isNegated = this.#match(/^\^/) !== undefined
    const ranges: number[] = []
    for (let isFirst = true; isFirst || this.#peek() !== ']'; isFirst = false) {
      if (this.#at >= this.#in.length) throw new RegexFault('missing closing ]')
      const posix = this.#match(/^\[:(\^?)(\w+):\]/)
      if (posix) {
        const set = posixClass(posix[2])
        if (!set) throw new RegexFault(`${posix[0]} is no class`)
        ranges.push(...meant(set, posix[1] === '^', flags))
        continue
      }
      ranges.push(...this.#members(flags))
    }
    this.#at++
    const set = codePoints(ranges)
    return isNegated ? without(set) : set
  }

  /** A member of a class: a character, a range, or an escape that stands for a set. */
  #members(flags: Flags): CodePoints {
    const set = this.#match(/^\\(?=[dswDSWpP])/)
    if (set) return this.#escapedSet(flags)
    const first = this.#member()
    const isRange = this.#peek() === '-' && this.#in[this.#at + 1] !== ']' && this.#at + 1 < this.#in.length
    if (!isRange) return meant([first, first], false, flags)
    this.#at++
    const last = this.#member()
    if (last < first) throw new RegexFault('invalid range in a class')
    return meant([first, last], false, flags)
  }

  #member(): number {
    const character = this.#take()
    if (character === undefined) throw new RegexFault('missing closing ]')
    return character === '\\' ? this.#escapedCharacter() : character.codePointAt(0)!
  }

  #peek(): string | undefined {
    return this.#in[this.#at]
  }

  #take(): string | undefined {
    return this.#in[this.#at++]
  }

  /** Takes what the pattern (anchored at its start) finds at the place at hand; nothing if it finds nothing. */
  #match(pattern: RegExp): RegExpExecArray | undefined {
    const found = pattern.exec(this.#in.slice(this.#at, this.#at + 64).join(''))
    if (!found) return undefined
    this.#at += [...found[0]].length
    return found
  }
}

/** What a set means under the flags: widened by case first, then turned round. */
function meant(set: CodePoints, isNegated: boolean, { ignoreCase }: Flags): CodePoints {
  const wide = ignoreCase ? ignoringCase(set) : set
  return isNegated ? without(wide) : wide
}
