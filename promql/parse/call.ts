import type { Aggregate, AggregateOp, Call, Expr, Span } from '../ast.js'
import { syntaxError } from '../errors.js'
import { SIGNATURES } from '../functions/signatures.js'
import { quoteString } from '../print/quote.js'
import type { Cursor } from './cursor.js'
import { readGroupingLabels } from './matching.js'

type Read = () => Expr

const WITH_PARAM: ReadonlySet<string> = new Set([
  'topk',
  'bottomk',
  'count_values',
  'quantile',
  'limitk',
  'limit_ratio',
] satisfies AggregateOp[])

/** Reads `(...)` and makes the call. @throws TM_QUERY_SYNTAX */
export function readCall(cursor: Cursor, name: Span & { word: string }, read: Read): Call {
  const args = readArguments(cursor, read)
  if (!Object.hasOwn(SIGNATURES, name.word)) {
    throw syntaxError(name.from, `unknown function with name ${quoteString(name.word)}`)
  }
  return { type: 'call', func: name.word, args, span: { from: name.from, to: cursor.previousEnd } }
}

/** Reads grouping and operands, in either order, of an aggregation whose name was read. @throws TM_QUERY_SYNTAX */
export function readAggregate(cursor: Cursor, name: Span & { word: string }, read: Read): Aggregate {
  let grouping = readGrouping(cursor)
  if (!cursor.is('(')) cursor.fail('aggregation')
  const args = cursor.inAggregation(() => readArguments(cursor, read))
  grouping ??= readGrouping(cursor)
  const span = { from: name.from, to: cursor.previousEnd }
  if (args.length === 0) throw syntaxError(span.from, 'no arguments for aggregate expression provided')
  const wanted = WITH_PARAM.has(name.word) ? 2 : 1
  if (args.length !== wanted) {
    throw syntaxError(
      span.from,
      `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`,
    )
  }
  return {
    type: 'aggregate',
    op: name.word as AggregateOp,
    expr: args[wanted - 1],
    ...(wanted === 2 && { param: args[0] }),
    labels: grouping?.labels ?? [],
    without: grouping?.without ?? false,
    span,
  }
}

function readGrouping(cursor: Cursor): { labels: string[]; without: boolean } | undefined {
  if (!cursor.is('by') && !cursor.is('without')) return undefined
  const without = cursor.take().word === 'without'
  return { labels: readGroupingLabels(cursor), without }
}

function readArguments(cursor: Cursor, read: Read): Expr[] {
  const args: Expr[] = []
  cursor.take()
  if (cursor.accept(')')) return args
  for (;;) {
    args.push(read())
    const comma = cursor.accept(',')
    if (!comma) break
    if (cursor.is(')')) throw syntaxError(comma.from, 'trailing commas not allowed in function call args')
  }
  if (!cursor.accept(')')) cursor.fail()
  return args
}
