import { ANY, type CodePoints, codePoints, ignoringCase, without } from './code-points.js'
import { perlClass, posixClass, unicodeClass } from './named-classes.js'
import { childrenOf, type Edge, type RegexNode } from './node.js'

/** Largest count of a repetition, of nested ones together, as in RE2. */
const MAX_REPEAT = 1000
/** Deepest nesting of groups, as in RE2. */
const MAX_DEPTH = 1000
const NEWLINE = 0x0a
const EDGES: Readonly<Record<string, Edge>> = { A: 'start', z: 'end', b: 'word', B: 'inside' }

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

/** An expression and the names of its groups by number, '' for those without; the whole match is number 0. */
export interface ParsedRegex {
  root: RegexNode
  names: readonly string[]
}

/**
 * Reads RE2's syntax (github.com/google/re2/wiki/Syntax).
 * @throws RegexFault
 */
export function parseRegex(source: string): ParsedRegex {
  return new Parser([...source]).whole()
}

class Parser {
  /** The expression, one element a code point. */
  readonly #in: readonly string[]
  #at = 0
  #depth = 0
  readonly #names = ['']

  constructor(characters: readonly string[]) {
    this.#in = characters
  }

  whole(): ParsedRegex {
    const root = this.#alternatives({ ignoreCase: false, dotAll: true, ungreedy: false })
    if (this.#at < this.#in.length) throw new RegexFault('unexpected )')
    return { root, names: this.#names }
  }

  /** Up to the parenthesis that closes the group at hand, or the end. */
  #alternatives(outer: Flags): RegexNode {
    const flags = { ...outer }
    const options: RegexNode[] = []
    let parts: RegexNode[] = []
    while (this.#at < this.#in.length && this.#peek() !== ')') {
      if (this.#match(/^\|/)) {
        options.push({ type: 'sequence', parts })
        parts = []
      } else {
        parts.push(...this.#piece(flags))
      }
    }
    const last: RegexNode = { type: 'sequence', parts }
    return options.length === 0 ? last : { type: 'choice', options: [...options, last] }
  }

  /** What one repetition would apply to, with the repetition if there is one. */
  #piece(flags: Flags): RegexNode[] {
    const atoms = this.#atoms(flags)
    const count = this.#count()
    if (!count) return atoms
    const body = atoms.pop()
    if (!body) throw new RegexFault('a repetition of nothing')
    const isLazy = (this.#match(/^\?/) !== undefined) !== flags.ungreedy
    if (this.#count()) throw new RegexFault('a repetition of a repetition')
    const repeat: RegexNode = { type: 'repeat', body, ...count, isLazy }
    if (!isWithin(repeat, MAX_REPEAT)) throw new RegexFault(`it repeats more than ${MAX_REPEAT} times`)
    return [...atoms, repeat]
  }

  /** Mostly one; none where only flags are switched, several for a quoted text. */
  #atoms(flags: Flags): RegexNode[] {
    if (this.#count()) throw new RegexFault('a repetition of nothing')
    const character = this.#take()!
    if (character === '(') return this.#group(flags)
    if (character === '[') return [{ type: 'set', set: this.#bracket(flags) }]
    if (character === '.') return [{ type: 'set', set: flags.dotAll ? ANY : without([NEWLINE, NEWLINE]) }]
    if (character === '^') return [{ type: 'edge', edge: 'start' }]
    if (character === '$') return [{ type: 'edge', edge: 'end' }]
    if (character === '\\') return this.#escape(flags)
    return [literal(character, flags)]
  }

  #group(flags: Flags): RegexNode[] {
    if (this.#peek() !== '?') return [this.#capture('', flags)]
    const name = this.#match(/^\?P?<(\w+)>/)
    if (name) return [this.#capture(name[1], flags)]
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
    if (end === ':') return [this.#closed(changed)]
    Object.assign(flags, changed)
    return []
  }

  #capture(name: string, flags: Flags): RegexNode {
    if (name !== '' && this.#names.includes(name)) throw new RegexFault(`two groups are called ${name}`)
    const number = this.#names.push(name) - 1
    return { type: 'group', body: this.#closed(flags), number }
  }

  #closed(flags: Flags): RegexNode {
    if (++this.#depth > MAX_DEPTH) throw new RegexFault(`groups are nested more than ${MAX_DEPTH} deep`)
    const body = this.#alternatives(flags)
    if (this.#take() !== ')') throw new RegexFault('missing closing )')
    this.#depth--
    return body
  }

  /** `*`, `+`, `?`, `{n,m}`; undefined if there is none: a brace that begins no count is itself. */
  #count(): { least: number; most: number } | undefined {
    const found = this.#match(/^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})/)
    if (!found) return undefined
    const [, operator, first, comma, second] = found
    if (operator) return { least: operator === '+' ? 1 : 0, most: operator === '?' ? 1 : Number.POSITIVE_INFINITY }
    const least = Number(first)
    const most = comma === undefined ? least : second === '' ? Number.POSITIVE_INFINITY : Number(second)
    if (least > MAX_REPEAT || (most > MAX_REPEAT && most !== Number.POSITIVE_INFINITY) || most < least) {
      throw new RegexFault(`${found[0]} is no count: at most ${MAX_REPEAT}, the smaller one first`)
    }
    return { least, most }
  }

  #escape(flags: Flags): RegexNode[] {
    const edge = EDGES[this.#peek() ?? '']
    if (edge) {
      this.#at++
      return [{ type: 'edge', edge }]
    }
    if (this.#peek() === 'Q') {
      this.#at++
      const quoted: RegexNode[] = []
      while (this.#at < this.#in.length && !this.#match(/^\\E/)) quoted.push(literal(this.#take()!, flags))
      return quoted
    }
    return [{ type: 'set', set: this.#escapedSet(flags) }]
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

function literal(character: string, flags: Flags): RegexNode {
  const codePoint = character.codePointAt(0)!
  return { type: 'set', set: meant([codePoint, codePoint], false, flags) }
}

/** True if counts nested in each other come to at most `limit` together. */
function isWithin(node: RegexNode, limit: number): boolean {
  let rest = limit
  if (node.type === 'repeat') {
    const times = Number.isFinite(node.most) ? node.most : node.least
    if (times > limit) return false
    rest = Math.floor(limit / Math.max(times, 1))
  }
  return childrenOf(node).every((child) => isWithin(child, rest))
}
