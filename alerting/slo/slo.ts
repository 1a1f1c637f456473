import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { parseExpr } from '../../promql/parse.js'
import { TidemarkError } from '../../schemas/errors.js'
import { parseSpan } from '../kinds/quantity.js'
import { idOf } from '../rule-book/rule.js'

/** What stands in queries for the time that they look back on. */
const WINDOW = '$window'
const Query = Type.String({ minLength: 1, description: `PromQL with ${WINDOW} as its range: rate(x[${WINDOW}])` })
const Definition = Type.Object(
  {
    slo_id: Type.Optional(Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,99}$' })),
    name: Type.String({ minLength: 1, maxLength: 100 }),
    objective: Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 100, description: 'percent, such as 99.9' }),
    window: Type.Optional(Type.String({ description: 'over which it is to be kept; default 30d' })),
    good: Type.Optional(Query),
    total: Type.Optional(Query),
    error_ratio: Type.Optional(Query),
    notification_channels: Type.Optional(Type.Array(Type.String({ pattern: '^[a-z0-9-]+:.+$' }))),
  },
  { additionalProperties: false },
)

/** A service level objective. */
export interface Slo extends Omit<Static<typeof Definition>, 'slo_id' | 'window'> {
  slo_id: string
  window: string
}

/**
 * Reads an objective: the part of good events, or the ratio of errors, over a window.
 * @throws TM_SLO that says where and what to write instead
 */
export function readSlo(input: unknown): Slo {
  const { name } = (input ?? {}) as { name?: unknown }
  const slo = typeof name === 'string' && name !== '' ? name : '(without a name)'
  const fault = (where: string, reason: string, fix: string) => new TidemarkError('TM_SLO', { slo, where, reason, fix })
  const wrong = Value.Errors(Definition, input).First()
  if (wrong) throw fault(wrong.path.slice(1) || 'the objective', wrong.message, 'see `tidemark slo apply --help`')
  const given = input as Static<typeof Definition>
  const window = given.window ?? '30d'
  if ((parseSpan(window) ?? 0) < 86_400_000)
    throw fault('window', `"${window}" is no span of a day or more`, 'write one such as 30d')
  const isRatio = given.error_ratio !== undefined && given.good === undefined && given.total === undefined
  const isGood = given.error_ratio === undefined && given.good !== undefined && given.total !== undefined
  if (!isRatio && !isGood) throw fault('good', 'it needs good and total, or error_ratio', 'write either of the two')
  for (const where of ['good', 'total', 'error_ratio'] as const) {
    const query = given[where]
    if (query === undefined) continue
    if (!query.includes(`[${WINDOW}`)) throw fault(where, `it has no [${WINDOW}]`, `write its range as [${WINDOW}]`)
    try {
      parseExpr(query.replaceAll(WINDOW, '1h'))
    } catch (cause) {
      throw fault(where, (cause as Error).message, 'correct it; `tidemark query` tries an expression')
    }
  }
  return { ...given, slo_id: given.slo_id ?? idOf(given.name), window }
}

/** The ratio of errors over the last `window`, as PromQL. */
export function errorRatio({ good, total, error_ratio }: Slo, window: string): string {
  const over = (query: string) => `(${query.replaceAll(WINDOW, window)})`
  return error_ratio === undefined ? `(1 - ${over(good!)} / ${over(total!)})` : over(error_ratio)
}

/** The ratio of errors that the objective allows. */
export function errorBudget({ objective }: Slo): number {
  return Number((1 - objective / 100).toPrecision(12))
}
