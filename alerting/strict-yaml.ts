import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Value, type ValueError } from '@sinclair/typebox/value'
import { isMap, isSeq, LineCounter, parseDocument } from 'yaml'

/** Aliases (`*name`) that one file may use, so that a small file cannot grow without bounds. */
const ALIASES = 10_000

/** A field that may be left out, or be there without a value. */
export const optional = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]))

/** Lines that may be moved, and by how many blanks: further right than any key stands. */
const MOVED_LINES = 100
const MOVED_BY = 200

/** Names and texts; a name without a text has the empty one. */
export const Texts = Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()]))

/** A file that was read, and where its parts stand. */
export interface StrictYaml<T> {
  content: T
  /** The line of a part, from 1; undefined if the file does not have it. */
  line(path: readonly (string | number)[]): number | undefined
}

/** What is wrong in a file, and where: the keys and places that lead to it. */
export class YamlFault extends Error {
  constructor(
    message: string,
    readonly path: readonly (string | number)[],
    readonly line: number | undefined,
  ) {
    super(message)
  }
}

/**
 * Reads YAML as Prometheus does: every scalar is the text that stands there, so that `1`, `5m` and `true` are labels and
 * durations as written; null is left out; a key that the schema does not know is a fault.
 * @throws YamlFault
 */
export function readStrictYaml<T extends TSchema>(text: string, schema: T): StrictYaml<Static<T>> {
  const { document, lines } = parseLeniently(text)
  const [error] = document.errors
  if (error) throw new YamlFault(firstLine(error.message), [], lines.linePos(error.pos[0]).line)
  const line = (path: readonly (string | number)[]) => {
    for (let length = path.length; length >= 0; length--) {
      const node = document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined
      if (node?.range) return lines.linePos(node.range[0]).line
    }
    return undefined
  }
  let content: unknown
  try {
    content = document.toJS({ maxAliasCount: ALIASES })
  } catch (thrown) {
    throw new YamlFault((thrown as Error).message, [], undefined)
  }
  const wrong = Value.Errors(schema, content).First()
  if (wrong) {
    const innermost = innermostOf(wrong)
    const path = pathOf(innermost.path, document)
    throw new YamlFault(wordingOf(innermost), path, line(path))
  }
  return { content: content as Static<T>, line }
}

/**
 * Go's YAML takes quoted texts whose further lines stand left of their key. Blanks before such a line say nothing, so
 * it is moved to the right until the text can be read.
 */
function parseLeniently(text: string) {
  let moved = text
  for (let tries = 0; ; tries++) {
    const lines = new LineCounter()
    const options = { schema: 'failsafe', customTags: ['null'], merge: true, logLevel: 'silent' } as const
    const document = parseDocument(moved, { ...options, customTags: ['null'], lineCounter: lines })
    const unclosed = document.errors.find(({ message }) => /^Missing closing ["'] ?quote/.test(message))
    const next = unclosed && tries < MOVED_LINES ? moved.indexOf('\n', unclosed.pos[0]) + 1 : 0
    if (next === 0) return { document, lines }
    moved = `${moved.slice(0, next)}${' '.repeat(MOVED_BY)}${moved.slice(next)}`
  }
}

/** Of a field that may be null, what is wrong with the value that it has. */
function innermostOf(error: ValueError): ValueError {
  const nested = error.errors.flatMap((errors) => [...errors]).filter(({ schema }) => schema.type !== 'null')
  return nested.length > 0 ? innermostOf(nested[0]) : error
}

function pathOf(pointer: string, document: ReturnType<typeof parseDocument>): (string | number)[] {
  const path: (string | number)[] = []
  for (const part of pointer.split('/').slice(1)) {
    const parent = document.getIn(path, true)
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    path.push(isSeq(parent) && !isMap(parent) ? Number(name) : name)
  }
  return path
}

function wordingOf({ message, path, value }: ValueError): string {
  const field = path.split('/').at(-1)
  if (message === 'Unexpected property') return `there is no field "${field}" here`
  if (message === 'Expected required property') return `the field "${field}" is missing`
  if (message === 'Expected string' && typeof value === 'object') return `"${field}" must be a text`
  return message.replace(/^Expected/, 'expected')
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0].replace(/:$/, '')
}
