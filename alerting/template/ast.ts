/** What a template says, once parsed. `at` is where it stands: characters from the beginning. */
export type TemplateNode =
  | { type: 'text'; text: string }
  | { type: 'action'; pipeline: Pipeline }
  | { type: 'if' | 'with'; pipeline: Pipeline; body: readonly TemplateNode[]; otherwise: readonly TemplateNode[] }
  | { type: 'range'; pipeline: Pipeline; body: readonly TemplateNode[]; otherwise: readonly TemplateNode[] }
  | { type: 'template'; name: string; pipeline?: Pipeline }
  | { type: 'break' }
  | { type: 'continue' }

/** Commands whose results are passed on, and the variables that take the last one. */
export interface Pipeline {
  /** One, or index and element of a `range`. */
  variables: readonly string[]
  /** `=` rather than `:=`. */
  assigns: boolean
  commands: readonly Command[]
  text: string
}

/** A function or a value, then its arguments. */
export type Command = readonly Operand[]

/** A value, and the fields that are taken of it in turn. */
export interface Operand {
  base: OperandBase
  fields: readonly string[]
}

export type OperandBase =
  | { type: 'literal'; value: string | number | bigint | boolean }
  | { type: 'nil' }
  /** What the template was called with, or what `with` and `range` are at. */
  | { type: 'dot' }
  | { type: 'variable'; name: string }
  | { type: 'function'; name: string }
  | { type: 'pipeline'; pipeline: Pipeline }

/** A template, and the ones that it defines. */
export interface ParsedTemplate {
  nodes: readonly TemplateNode[]
  defined: ReadonlyMap<string, readonly TemplateNode[]>
}
