import type { TObject, TSchema } from '@sinclair/typebox'
import { Value, type ValueError } from '@sinclair/typebox/value'
import { isSecretKey } from './flags.js'

/** A setting that is wrong, and what to do. */
export interface WrongSetting {
  /** Dotted. */
  key: string
  reason: string
  fix: string
}

/** The first setting that the schema does not admit. Values that may be secrets are not told. */
export function wrongSetting(schema: TSchema, settings: unknown): WrongSetting | undefined {
  const wrong = Value.Errors(schema, settings).First()
  if (!wrong) return undefined
  const kinds = kindsOf(wrong.schema)
  return kinds.size > 0 ? wrongOfKind(wrong, kinds) : told(wrong, '')
}

/** Of things that come in kinds only the settings of the kind that was named are of interest. */
function wrongOfKind(wrong: ValueError, kinds: ReadonlyMap<string, TObject>): WrongSetting {
  const named = (wrong.value as { kind?: unknown } | undefined)?.kind
  const schema = kinds.get(String(named))
  // Where no kind fits, nothing has got its defaults yet.
  const inner = schema && Value.Errors(schema, Value.Default(schema, Value.Clone(wrong.value))).First()
  if (inner) return told(inner, wrong.path)
  const key = keyOf(`${wrong.path}/kind`)
  return { key, reason: `it is ${JSON.stringify(named)}`, fix: `it is one of ${[...kinds.keys()].join(', ')}` }
}

/** The members of a union of objects by their `kind`; empty for anything else. */
function kindsOf(schema: TSchema): Map<string, TObject> {
  const members = (schema.anyOf ?? []) as TObject[]
  const named = members.flatMap((member) => {
    const kind = member.properties?.kind?.const
    return typeof kind === 'string' ? [[kind, member] as const] : []
  })
  return new Map(named)
}

function told({ path, message, value, schema }: ValueError, before: string): WrongSetting {
  const key = keyOf(`${before}${path}`)
  const fix = (schema.errorMessage as string | undefined) ?? schema.description ?? 'see the README for what it takes'
  if (message === 'Unexpected property') return { key, reason: 'there is no such key', fix }
  if (value === undefined) return { key, reason: 'it is missing', fix }
  const isSecret = isSecretKey(key.split('.').at(-1) ?? '')
  return { key, reason: isSecret ? message : `${message}, but it is ${JSON.stringify(value)}`, fix }
}

function keyOf(path: string): string {
  return path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.')
}
