import type { Command, Operand, OperandBase, ParsedTemplate, Pipeline, TemplateNode } from './ast.js'
import { BUILTIN_FUNCTIONS } from './builtin-functions.js'
import { formatValue } from './go-format.js'
import { durationMethod, timeMethod } from './go-time.js'
import { type Arity, type FunctionContext, PROMETHEUS_FUNCTIONS } from './prometheus-functions.js'
import {
  type GoValue,
  isDuration,
  isMap,
  isSlice,
  isStruct,
  isTime,
  isTrue,
  sortedKeys,
  TemplateError,
  typeName,
} from './values.js'

/** What a template may do and give before it is stopped. */
const MAX_STEPS = 100_000
const MAX_CHARACTERS = 1 << 20
const MAX_CALLS = 100

const FUNCTIONS: ReadonlyMap<string, Arity> = new Map(Object.entries({ ...BUILTIN_FUNCTIONS, ...PROMETHEUS_FUNCTIONS }))

/** Names of the functions that templates may call. */
export const FUNCTION_NAMES: ReadonlySet<string> = new Set([...FUNCTIONS.keys(), 'and', 'or'])

/**
 * Fills a template in.
 * @param data what `.` and `$` are
 * @param variables those that are there from the beginning, by name
 * @throws TemplateError, and whatever a query throws
 */
export function run(
  template: ParsedTemplate,
  data: GoValue,
  variables: readonly (readonly [string, GoValue])[],
  context: FunctionContext,
): string {
  const runner = new Runner(template, context)
  const scope: Variable[] = [['', data], ...variables].map(([name, value]) => ({ name: name as string, value }))
  runner.walk(template.nodes, data, scope)
  return runner.text
}

interface Variable {
  name: string
  value: GoValue
}

/** How a body was left: at its end, or by an action of its loop. */
type Left = 'end' | 'break' | 'continue'

class Runner {
  text = ''
  #steps = 0
  #calls = 0

  constructor(
    private readonly template: ParsedTemplate,
    private readonly context: FunctionContext,
  ) {}

  walk(nodes: readonly TemplateNode[], dot: GoValue, scope: Variable[]): Left {
    this.#step()
    for (const node of nodes) {
      this.#step()
      const left = this.#node(node, dot, scope)
      if (left !== 'end') return left
    }
    return 'end'
  }

  #node(node: TemplateNode, dot: GoValue, scope: Variable[]): Left {
    switch (node.type) {
      case 'text':
        this.#write(node.text)
        return 'end'
      case 'action': {
        const value = this.#pipeline(node.pipeline, dot, scope)
        if (node.pipeline.variables.length === 0) this.#write(value === undefined ? '<no value>' : formatValue(value))
        return 'end'
      }
      case 'if':
      case 'with': {
        const inner = [...scope]
        const value = this.#pipeline(node.pipeline, dot, inner)
        if (!isTrue(value)) return this.walk(node.otherwise, dot, inner)
        return this.walk(node.body, node.type === 'with' ? value : dot, inner)
      }
      case 'range':
        return this.#range(node, dot, scope)
      case 'template':
        this.#call(node, dot, scope)
        return 'end'
      default:
        return node.type
    }
  }

  #step(): void {
    if (++this.#steps > MAX_STEPS) throw new TemplateError(`it takes more than ${MAX_STEPS} steps`)
  }

  #write(text: string): void {
    this.text += text
    if (this.text.length > MAX_CHARACTERS) throw new TemplateError(`it gives more than ${MAX_CHARACTERS} characters`)
  }

  #range(node: Extract<TemplateNode, { type: 'range' }>, dot: GoValue, scope: Variable[]): Left {
    const { variables, assigns, commands } = node.pipeline
    const items = itemsOf(this.#commands(commands, dot, scope))
    if (items.length === 0) return this.walk(node.otherwise, dot, [...scope])
    for (const [key, item] of items) {
      const inner = [...scope]
      const values = variables.length === 1 ? [item] : [key, item]
      variables.forEach((name, i) => {
        set(inner, name, values[i], assigns)
      })
      if (this.walk(node.body, item, inner) === 'break') break
    }
    return 'end'
  }

  #call({ name, pipeline }: { name: string; pipeline?: Pipeline }, dot: GoValue, scope: Variable[]): void {
    const nodes = this.template.defined.get(name)
    if (!nodes) throw new TemplateError(`there is no template "${name}"`)
    if (++this.#calls > MAX_CALLS) throw new TemplateError(`templates call each other more than ${MAX_CALLS} deep`)
    const data = pipeline && this.#pipeline(pipeline, dot, scope)
    this.walk(nodes, data, [{ name: '', value: data }])
    this.#calls--
  }

  #pipeline({ variables, assigns, commands }: Pipeline, dot: GoValue, scope: Variable[]): GoValue {
    const value = this.#commands(commands, dot, scope)
    for (const name of variables) set(scope, name, value, assigns)
    return value
  }

  #commands(commands: readonly Command[], dot: GoValue, scope: Variable[]): GoValue {
    let value = this.#command(commands[0], [], dot, scope)
    for (const command of commands.slice(1)) value = this.#command(command, [value], dot, scope)
    return value
  }

  #command([first, ...rest]: Command, last: readonly GoValue[], dot: GoValue, scope: Variable[]): GoValue {
    const evaluate = (operand: Operand) => this.#operand(operand, dot, scope)
    if (first.base.type === 'function' && first.fields.length === 0) {
      return this.#function(first.base.name, rest, last, evaluate)
    }
    const fields = first.fields
    if (rest.length === 0 && last.length === 0) return evaluate(first)
    const target = this.#operand({ base: first.base, fields: fields.slice(0, -1) }, dot, scope)
    return fieldOf(target, fields.at(-1) ?? '', [...rest.map(evaluate), ...last])
  }

  #function(
    name: string,
    rest: readonly Operand[],
    last: readonly GoValue[],
    evaluate: (operand: Operand) => GoValue,
  ): GoValue {
    if (name === 'and' || name === 'or') return shortened(name, rest, last, evaluate)
    const [call, count] = FUNCTIONS.get(name)!
    const args = [...rest.map(evaluate), ...last]
    if (count !== undefined && args.length !== count) {
      throw new TemplateError(`wrong number of args for ${name}: want ${count} got ${args.length}`)
    }
    try {
      return call(args, this.context)
    } catch (thrown) {
      if (thrown instanceof Pending) throw thrown
      throw new TemplateError(`error calling ${name}: ${(thrown as Error).message}`)
    }
  }

  #operand({ base, fields }: Operand, dot: GoValue, scope: Variable[]): GoValue {
    let value = this.#base(base, dot, scope)
    for (const field of fields) value = fieldOf(value, field, [])
    return value
  }

  #base(base: OperandBase, dot: GoValue, scope: Variable[]): GoValue {
    switch (base.type) {
      case 'literal':
        return base.value
      case 'nil':
        return undefined
      case 'dot':
        return dot
      case 'variable':
        return scope.findLast(({ name }) => name === base.name)?.value
      case 'function':
        return this.#function(base.name, [], [], () => undefined)
      case 'pipeline':
        return this.#pipeline(base.pipeline, dot, scope)
    }
  }
}

/** Thrown by a context that must be asked something first: it stops the template as it is. */
export class Pending extends Error {
  constructor(readonly query: string) {
    super('a query is not answered yet')
  }
}

/** `and` gives its first value that is false, `or` its first that is true, else the last; the rest is not evaluated. */
function shortened(
  name: 'and' | 'or',
  rest: readonly Operand[],
  last: readonly GoValue[],
  evaluate: (operand: Operand) => GoValue,
): GoValue {
  let value: GoValue
  for (const operand of rest) {
    value = evaluate(operand)
    if (isTrue(value) === (name === 'or')) return value
  }
  if (rest.length + last.length === 0) throw new TemplateError(`${name} needs a value`)
  return last.length > 0 ? last[0] : value
}

function set(scope: Variable[], name: string, value: GoValue, assigns: boolean): void {
  const known = assigns ? scope.findLast((variable) => variable.name === name) : undefined
  if (known) known.value = value
  else scope.push({ name, value })
}

function fieldOf(value: GoValue, field: string, args: readonly GoValue[]): GoValue {
  if (isTime(value)) return timeMethod(value, field, args)
  if (isDuration(value)) return durationMethod(value, field)
  if (args.length > 0) throw new TemplateError(`"${field}" has arguments but cannot be invoked as function`)
  if (isMap(value)) return value.entries.has(field) ? value.entries.get(field) : value.zero
  if (isStruct(value) && value.fields.has(field)) return value.fields.get(field)
  if (value === undefined) throw new TemplateError(`nil has no field "${field}"`)
  throw new TemplateError(`can't evaluate field ${field} in type ${typeName(value)}`)
}

function itemsOf(value: GoValue): (readonly [GoValue, GoValue])[] {
  if (isSlice(value)) return value.map((item, i) => [BigInt(i), item] as const)
  if (isMap(value)) return sortedKeys(value).map((key) => [key, value.entries.get(key)] as const)
  if (typeof value === 'bigint') {
    if (value > MAX_STEPS) throw new TemplateError(`it takes more than ${MAX_STEPS} steps`)
    return Array.from({ length: Math.max(0, Number(value)) }, (_, i) => [BigInt(i), BigInt(i)] as const)
  }
  if (value === undefined) return []
  throw new TemplateError(`range can't iterate over a ${typeName(value)}`)
}
