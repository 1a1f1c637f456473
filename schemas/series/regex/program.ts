import type { CodePoints } from './code-points.js'
import type { Edge, RegexNode } from './node.js'

/** What a thread does at one place of a program; every place that is not named goes on at the next one. */
export type Step =
  /** Takes one code point. */
  | { type: 'take'; set: CodePoints; ascii: Uint8Array }
  /** Goes on at both places, preferring the first. */
  | { type: 'fork'; first: number; second: number }
  | { type: 'jump'; to: number }
  /** Notes the place in the text: even slots begin a group, odd ones end it. */
  | { type: 'save'; slot: number }
  | { type: 'check'; edge: Edge }
  | { type: 'done' }

/**
 * The expression as the program of a machine that runs all its ways at once (Thompson 1968; github.com/google/re2).
 * Counts are written out. Without groups it is only good for asking whether a text matches.
 */
export function compileProgram(root: RegexNode, isCapturing: boolean): readonly Step[] {
  const program: Step[] = []
  append(isCapturing ? root : withoutGroups(root), program)
  push(program, { type: 'done' })
  return program
}

function withoutGroups(node: RegexNode): RegexNode {
  switch (node.type) {
    case 'group':
      return withoutGroups(node.body)
    case 'sequence':
      return { ...node, parts: node.parts.map(withoutGroups) }
    case 'choice':
      return { ...node, options: node.options.map(withoutGroups) }
    case 'repeat':
      return { ...node, body: withoutGroups(node.body) }
    default:
      return node
  }
}

/** How many steps a program has, the groups' among them. */
export function countSteps(node: RegexNode): number {
  switch (node.type) {
    case 'set':
    case 'edge':
      return 1
    case 'group':
      return 2 + countSteps(node.body)
    case 'sequence':
      return node.parts.reduce((sum, part) => sum + countSteps(part), 0)
    case 'choice':
      return node.options.reduce((sum, option) => sum + 2 + countSteps(option), 0)
    case 'repeat': {
      const { least, most } = node
      return (
        countSteps(node.body) * (Number.isFinite(most) ? most : least + 1) +
        2 * (Number.isFinite(most) ? most - least : 1)
      )
    }
  }
}

function push(program: Step[], step: Step): number {
  return program.push(step) - 1
}

function append(node: RegexNode, program: Step[]): void {
  switch (node.type) {
    case 'set':
      push(program, { type: 'take', set: node.set, ascii: asciiMembers(node.set) })
      break
    case 'sequence':
      for (const part of node.parts) append(part, program)
      break
    case 'choice':
      appendChoice(node.options, program)
      break
    case 'group':
      push(program, { type: 'save', slot: 2 * node.number })
      append(node.body, program)
      push(program, { type: 'save', slot: 2 * node.number + 1 })
      break
    case 'edge':
      push(program, { type: 'check', edge: node.edge })
      break
    case 'repeat':
      appendRepeat(node, program)
      break
  }
}

function appendChoice(options: readonly RegexNode[], program: Step[]): void {
  const ends: number[] = []
  for (const option of options.slice(0, -1)) {
    const fork = push(program, { type: 'fork', first: program.length + 1, second: 0 })
    append(option, program)
    ends.push(push(program, { type: 'jump', to: 0 }))
    program[fork] = { type: 'fork', first: fork + 1, second: program.length }
  }
  append(options[options.length - 1], program)
  for (const end of ends) program[end] = { type: 'jump', to: program.length }
}

function appendRepeat({ body, least, most, isLazy }: RegexNode & { type: 'repeat' }, program: Step[]): void {
  const fork = (into: number, past: number): Step =>
    isLazy ? { type: 'fork', first: past, second: into } : { type: 'fork', first: into, second: past }
  for (let i = 0; i < least; i++) append(body, program)
  if (most === Number.POSITIVE_INFINITY) {
    const loop = push(program, fork(0, 0))
    append(body, program)
    push(program, { type: 'jump', to: loop })
    program[loop] = fork(loop + 1, program.length)
    return
  }
  const forks: number[] = []
  for (let i = least; i < most; i++) {
    forks.push(push(program, fork(0, 0)))
    append(body, program)
  }
  for (const at of forks) program[at] = fork(at + 1, program.length)
}

function asciiMembers(set: CodePoints): Uint8Array {
  const members = new Uint8Array(128)
  for (let i = 0; i < set.length; i += 2) members.fill(1, Math.min(set[i], 128), Math.min(set[i + 1] + 1, 128))
  return members
}
