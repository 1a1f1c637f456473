import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Expr } from '../../promql/ast.js'
import { DEFAULT_LOOKBACK_MS, evaluateQuery, type QueryResult, type QueryTimes } from '../../promql/engine.js'
import type { Value } from '../../promql/evaluate/result.js'
import { parseExpr } from '../../promql/parse.js'
import { asTidemarkError, TidemarkError } from '../../schemas/errors.js'
import { checkDeadline } from '../cancel.js'
import { readThrough } from '../result-cache.js'
import type { MergedQuery, MergedView } from '../source.js'
import type { Views } from '../views.js'
import { clientSignal, explained, notesOf, sendAnswer, sendJson } from './answer.js'
import { ARROW_TYPE, arrowStream } from './arrow.js'
import { acceptForms } from './form.js'
import { formatResult } from './format.js'
import { checkOrder, parseStep, parseTime } from './parameters.js'
import { statsJson } from './stats.js'

const Common = {
  query: Type.String({ minLength: 1, description: 'a PromQL expression' }),
  timeout: Type.Optional(Type.String({ description: 'give up after this; at most limits.queryMs' })),
  limit: Type.Optional(Type.Integer({ minimum: 0, description: 'most series returned; 0 for all' })),
  lookback_delta: Type.Optional(Type.String({ description: 'how long a point stays the value of its series; 5m' })),
  epoch: Type.Optional(Type.Integer({ minimum: 0, description: 'reads the batch view as it was at this epoch' })),
  stats: Type.Optional(Type.String({ description: '1 adds what the query read; all also for each step' })),
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
  times: QueryTimes
  lookbackMs: number
}

/** An answer and how long its evaluation took. */
type TimedResult = QueryResult & { ms: number }

/** `/api/v1/query`, `/api/v1/query_range` as the Prometheus HTTP API has them, and `/api/v1/explain`. */
export function registerQueryRoutes(app: FastifyInstance, view: MergedView, views: Views): void {
  acceptForms(app)
  const { limits, observer } = views
  app.addHook('onError', async (_request, _reply, error) => observer?.failed(asTidemarkError(error).code))
  const evaluate = async (question: Question, query: MergedQuery, stats: boolean): Promise<TimedResult> => {
    const { expr, text, times, lookbackMs } = question
    const startedMs = performance.now()
    const options = { lookbackMs, limits, signal: query.deadline.signal, stats }
    const result = await evaluateQuery(expr, text, times, query, options).catch((thrown) => {
      // The deadline knows whether it was the client or the clock that ended the query.
      checkDeadline(query.deadline)
      throw thrown
    })
    return { ...result, ms: performance.now() - startedMs }
  }
  const respond = async (
    request: FastifyRequest,
    reply: FastifyReply,
    parameters: CommonParameters,
    question: Question,
    query: MergedQuery,
  ) => {
    const { stats, limit = 0 } = parameters
    const withPlan = parameters.explain === '1'
    const result = async () => {
      const evaluated = await evaluate(question, query, stats === 'all')
      for (const warning of evaluated.warnings) query.warnings.add(warning)
      for (const info of evaluated.infos) query.infos.add(info)
      return { ...evaluated, value: limited(evaluated.value, limit, query) }
    }
    if (request.headers.accept?.includes(ARROW_TYPE)) {
      return reply.type(ARROW_TYPE).send(arrowStream((await result()).value))
    }
    const compute = async () => {
      const { value, stats: read, ms } = await result()
      return { data: formatResult(value, stats ? statsJson(read, ms, question.times) : undefined), ...notesOf(query) }
    }
    if (withPlan) return sendAnswer(reply, query, await compute(), await explained(query, query.plans))
    if (stats) return sendAnswer(reply, query, await compute())
    const { text, times, lookbackMs } = question
    return sendAnswer(reply, query, await readThrough(views, query, [text, times, lookbackMs, limit], compute))
  }
  const answer = async (
    request: FastifyRequest,
    reply: FastifyReply,
    parameters: CommonParameters,
    question: Question,
  ) => {
    const startedMs = performance.now()
    const query = await view.open({ ...opening(parameters), signal: clientSignal(request, reply) })
    const answered = await respond(request, reply, parameters, question, query)
    const type = question.times.stepMs === 0 ? 'instant' : 'range'
    observer?.answered({ type, ms: performance.now() - startedMs, isPartial: query.partialReasons.size > 0 })
    return answered
  }
  const instant = (request: FastifyRequest, reply: FastifyReply) => {
    const parameters = request.query as Static<typeof InstantParameters>
    return answer(request, reply, parameters, instantQuestion(parameters, views))
  }
  const range = (request: FastifyRequest, reply: FastifyReply) => {
    const parameters = request.query as Static<typeof RangeParameters>
    return answer(request, reply, parameters, rangeQuestion(parameters, views))
  }
  const explain = async (request: FastifyRequest, reply: FastifyReply) => {
    const parameters = request.query as Static<typeof ExplainParameters>
    const isRange = parameters.start !== undefined && parameters.end !== undefined && parameters.step !== undefined
    const question = isRange
      ? rangeQuestion(parameters as Static<typeof RangeParameters>, views)
      : instantQuestion(parameters, views)
    const query = await view.open({ ...opening(parameters), signal: clientSignal(request, reply) })
    const { stats, warnings, infos } = await evaluate(question, query, true)
    const data = {
      epoch: query.snapshot.epoch,
      frontierMs: query.snapshot.frontierMs,
      plan: await explained(query, query.plans),
      samples: { total: stats.totalSamples, peak: stats.peakSamples },
      nodes: stats.plan,
      warnings: [...query.warnings, ...warnings],
      infos: [...query.infos, ...infos],
    }
    return sendJson(reply, JSON.stringify({ status: 'success', data }))
  }
  const method = ['GET', 'POST']
  app.route({ method, url: '/api/v1/query', schema: { querystring: InstantParameters }, handler: instant })
  app.route({ method, url: '/api/v1/query_range', schema: { querystring: RangeParameters }, handler: range })
  app.route({ method, url: '/api/v1/explain', schema: { querystring: ExplainParameters }, handler: explain })
}

function instantQuestion(parameters: Static<typeof InstantParameters>, views: Views): Question {
  const timeMs = parameters.time === undefined ? views.clock() : parseTime('time', parameters.time)
  return { ...readQuestion(parameters, views), times: { startMs: timeMs, endMs: timeMs, stepMs: 0 } }
}

function rangeQuestion(parameters: Static<typeof RangeParameters>, views: Views): Question {
  const startMs = parseTime('start', parameters.start)
  const endMs = parseTime('end', parameters.end)
  checkOrder(startMs, endMs)
  const stepMs = parseStep('step', parameters.step)
  const points = Math.floor((endMs - startMs) / stepMs) + 1
  const limit = views.limits.queryPoints
  if (points > limit) throw new TidemarkError('TM_QUERY_POINTS', { points, limit })
  return { ...readQuestion(parameters, views), times: { startMs, endMs, stepMs } }
}

function readQuestion({ query, lookback_delta }: CommonParameters, { limits }: Views): Omit<Question, 'times'> {
  const lookbackMs = lookback_delta === undefined ? DEFAULT_LOOKBACK_MS : parseStep('lookback_delta', lookback_delta)
  return { text: query, expr: parseExpr(query, limits.queryDepth), lookbackMs }
}

function opening({ epoch, timeout }: CommonParameters) {
  return { epoch, timeoutMs: timeout === undefined ? undefined : parseStep('timeout', timeout) }
}

function limited(value: Value, limit: number, query: MergedQuery): Value {
  if (value.type !== 'vector' && value.type !== 'matrix') return value
  const list = value.type === 'vector' ? value.samples : value.series
  if (limit > 0 && list.length > limit) {
    query.warnings.add('results truncated due to limit')
    list.length = limit
  }
  return value
}
