import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Expr } from '../../promql/ast.js'
import {
  DEFAULT_LOOKBACK_MS,
  type EvaluationGrid,
  evaluateInstant,
  evaluateRange,
  selection,
} from '../../promql/evaluate.js'
import { parseSelector } from '../../promql/parse.js'
import type { Value } from '../../promql/value.js'
import { TidemarkError } from '../../schemas/errors.js'
import { readThrough } from '../result-cache.js'
import type { MergedQuery, MergedView } from '../source.js'
import type { Views } from '../views.js'
import { clientSignal, explained, notesOf, sendAnswer, sendJson } from './answer.js'
import { acceptForms } from './form.js'
import { formatResult } from './format.js'
import { checkOrder, parseStep, parseTime } from './parameters.js'

const Common = {
  query: Type.String({ minLength: 1, description: 'a selector' }),
  timeout: Type.Optional(Type.String({ description: 'give up after this; at most limits.queryMs' })),
  limit: Type.Optional(Type.Integer({ minimum: 0, description: 'most series returned; 0 for all' })),
  lookback_delta: Type.Optional(Type.String({ description: 'how long a point stays the value of its series; 5m' })),
  epoch: Type.Optional(Type.Integer({ minimum: 0, description: 'reads the batch view as it was at this epoch' })),
  explain: Type.Optional(Type.String({ description: '1 adds the plan to the answer' })),
}
const InstantParameters = Type.Object({
  ...Common,
  time: Type.Optional(Type.String({ description: 'Unix seconds or RFC 3339; now' })),
})
const RangeParameters = Type.Object({ ...Common, start: Type.String(), end: Type.String(), step: Type.String() })
const ExplainParameters = Type.Object({
  ...Common,
  time: Type.Optional(Type.String()),
  start: Type.Optional(Type.String()),
  end: Type.Optional(Type.String()),
  step: Type.Optional(Type.String()),
})

type CommonParameters = Omit<Static<typeof InstantParameters>, 'time'>

/** A question that has been read: what, when, and how far back a point counts. */
interface Question {
  text: string
  expr: Expr
  grid: EvaluationGrid
  lookbackMs: number
}

/** `/api/v1/query`, `/api/v1/query_range` as the Prometheus HTTP API has them, and `/api/v1/explain`. */
export function registerQueryRoutes(app: FastifyInstance, view: MergedView, views: Views): void {
  acceptForms(app)
  const instant = async (request: FastifyRequest, reply: FastifyReply) => {
    const parameters = request.query as Static<typeof InstantParameters>
    const question = instantQuestion(parameters, views.clock())
    return answer(request, reply, parameters, question, (query) =>
      evaluateInstant(question.expr, question.grid.startMs, query, { lookbackMs: question.lookbackMs }),
    )
  }
  const range = async (request: FastifyRequest, reply: FastifyReply) => {
    const parameters = request.query as Static<typeof RangeParameters>
    const question = rangeQuestion(parameters, views.limits.queryPoints)
    return answer(request, reply, parameters, question, (query) =>
      evaluateRange(question.expr, question.grid, query, { lookbackMs: question.lookbackMs }),
    )
  }
  const answer = async (
    request: FastifyRequest,
    reply: FastifyReply,
    parameters: CommonParameters,
    question: Question,
    evaluate: (query: MergedQuery) => Promise<Value>,
  ) => {
    const query = await view.open({ ...opening(parameters), signal: clientSignal(request, reply) })
    const compute = async () => {
      const value = limited(await evaluate(query), parameters.limit, query)
      return { dataJson: formatResult(value), ...notesOf(query) }
    }
    if (parameters.explain === '1') {
      const { dataJson, ...notes } = await compute()
      return sendAnswer(reply, query, dataJson, { ...notes, plan: await explained(query, query.plans) })
    }
    const { text, grid, lookbackMs } = question
    const { dataJson, ...notes } = await readThrough(
      views,
      query,
      [text, grid, lookbackMs, parameters.limit ?? 0],
      compute,
    )
    return sendAnswer(reply, query, dataJson, notes)
  }
  const explain = async (request: FastifyRequest, reply: FastifyReply) => {
    const parameters = request.query as Static<typeof ExplainParameters>
    const isRange = parameters.start !== undefined && parameters.end !== undefined && parameters.step !== undefined
    const question = isRange
      ? rangeQuestion(parameters as Static<typeof RangeParameters>, views.limits.queryPoints)
      : instantQuestion(parameters, views.clock())
    const query = await view.open({ ...opening(parameters), signal: clientSignal(request, reply) })
    const { expr, grid, lookbackMs } = question
    const { range: read, hints } = selection(expr, grid, lookbackMs)
    const { matchers } = expr.type === 'vector' ? expr : expr.vector
    const plan = await explained(query, [await query.explain(matchers, read, hints)])
    return sendJson(
      reply,
      JSON.stringify({
        status: 'success',
        data: { epoch: query.snapshot.epoch, frontierMs: query.snapshot.frontierMs, plan },
      }),
    )
  }
  const methods = ['GET', 'POST']
  app.route({ method: methods, url: '/api/v1/query', schema: { querystring: InstantParameters }, handler: instant })
  app.route({ method: methods, url: '/api/v1/query_range', schema: { querystring: RangeParameters }, handler: range })
  app.route({ method: methods, url: '/api/v1/explain', schema: { querystring: ExplainParameters }, handler: explain })
}

function instantQuestion(parameters: Static<typeof InstantParameters>, nowMs: number): Question {
  const timeMs = parameters.time === undefined ? nowMs : parseTime('time', parameters.time)
  return { ...readQuestion(parameters), grid: { startMs: timeMs, endMs: timeMs, stepMs: 0 } }
}

function rangeQuestion(parameters: Static<typeof RangeParameters>, limit: number): Question {
  const startMs = parseTime('start', parameters.start)
  const endMs = parseTime('end', parameters.end)
  checkOrder(startMs, endMs)
  const stepMs = parseStep('step', parameters.step)
  const points = Math.floor((endMs - startMs) / stepMs) + 1
  if (points > limit) throw new TidemarkError('TM_QUERY_POINTS', { points, limit })
  return { ...readQuestion(parameters), grid: { startMs, endMs, stepMs } }
}

function readQuestion({ query, lookback_delta }: CommonParameters): Omit<Question, 'grid'> {
  const lookbackMs = lookback_delta === undefined ? DEFAULT_LOOKBACK_MS : parseStep('lookback_delta', lookback_delta)
  return { text: query, expr: parseSelector(query), lookbackMs }
}

function opening({ epoch, timeout }: CommonParameters) {
  return { epoch, timeoutMs: timeout === undefined ? undefined : parseStep('timeout', timeout) }
}

function limited(value: Value, limit = 0, query: MergedQuery): Value {
  const list = value.type === 'vector' ? value.samples : value.series
  if (limit > 0 && list.length > limit) {
    query.warnings.add(`results truncated due to limit: ${limit} of ${list.length} series`)
    list.length = limit
  }
  return value
}
