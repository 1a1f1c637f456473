import { setFlagsFromString } from 'node:v8'
import { TidemarkError } from '../../errors.js'
import { RegexAutomaton } from './automaton.js'
import { isDangerous, isSlow } from './danger.js'
import { RegexMachine } from './machine.js'
import type { Edge, RegexNode } from './node.js'
import { type ParsedRegex, parseRegex } from './parse.js'
import { compileProgram, countSteps } from './program.js'
import { regexSource } from './source.js'

// Backtracking may take a time that grows as a power of the value's length, RE2 never does: V8 is told to go over to
// its engine of linear time where a match backtracks too often. What that engine refuses runs on a machine of ours, and
// what would get that far for every value on an automaton.
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks')

/** Characters of a translated expression: classes of Unicode have thousands, and each use repeats them. */
const MAX_CHARACTERS = 1 << 20

/** A program of more steps than this would take too long on every character. */
const MAX_STEPS = 20_000

/** A PromQL regex, ready for many values. Matching takes a time linear in the value's length. */
export interface AnchoredRegex {
  /** True if the whole value matches. */
  test(value: string): boolean
  /** The value and its groups by number if it matches; undefined stands for groups that took no part. */
  match(value: string): readonly (string | undefined)[] | undefined
  /** Names of the groups by number, '' for those without, and for the whole value at 0. */
  names: readonly string[]
}

/**
 * Compiles a PromQL regex: RE2's syntax, fully anchored, the dot matches a newline.
 * @throws TM_QUERY_REGEX
 */
export function anchoredRegex(source: string): AnchoredRegex {
  try {
    const { root, names } = parseRegex(source)
    const parsed = { root: withoutOuterEdges(root), names }
    return isDangerous(parsed.root) ? onMachine(parsed) : onV8(parsed)
  } catch (cause) {
    throw new TidemarkError('TM_QUERY_REGEX', { regex: source, reason: (cause as Error).message }, cause)
  }
}

/** Values are matched as a whole: `^` in front and `$` at the end say nothing more. */
function withoutOuterEdges(root: RegexNode): RegexNode {
  if (root.type !== 'sequence') return root
  const isEdge = (part: RegexNode | undefined, edge: Edge) => part?.type === 'edge' && part.edge === edge
  const from = isEdge(root.parts[0], 'start') ? 1 : 0
  const to = isEdge(root.parts.at(-1), 'end') ? -1 : undefined
  return { type: 'sequence', parts: root.parts.slice(from, to) }
}

function onV8({ root, names }: ParsedRegex): AnchoredRegex {
  const translated = regexSource(root)
  if (translated.length > MAX_CHARACTERS) throw new Error('it is too large')
  const regex = new RegExp(`^(?:${translated})$`)
  const isLinear = isSlow(root) && countSteps(root) <= MAX_STEPS
  return {
    names,
    test: isLinear ? linearTest(root) : (value) => regex.test(value),
    match: (value) => regex.exec(value) ?? undefined,
  }
}

function onMachine({ root, names }: ParsedRegex): AnchoredRegex {
  if (countSteps(root) > MAX_STEPS) throw new Error('it is too large')
  const machine = new RegexMachine(compileProgram(root, true), names.length)
  const test = linearTest(root)
  return {
    names,
    test,
    match: (value) => {
      const slots = test(value) ? machine.run(value) : undefined
      return slots && names.map((_, i) => groupOf(value, i, slots))
    },
  }
}

/** The automaton is faster, but does not know edges. */
function linearTest(root: RegexNode): (value: string) => boolean {
  const program = compileProgram(root, false)
  if (program.some(({ type }) => type === 'check')) {
    const machine = new RegexMachine(program, 0)
    return (value) => machine.run(value) !== undefined
  }
  const automaton = new RegexAutomaton(program)
  return (value) => automaton.test(value)
}

function groupOf(value: string, group: number, slots: readonly number[]): string | undefined {
  if (group === 0) return value
  return slots[2 * group + 1] === -1 ? undefined : value.slice(slots[2 * group], slots[2 * group + 1])
}
