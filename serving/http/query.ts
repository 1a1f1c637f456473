import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { asTidemarkError, TidemarkError } from '../../schemas/errors.js'
import type { MergedQuery } from '../merged-query.js'
import { readThrough } from '../result-cache.js'
import type { MergedView } from '../source.js'
import type { Views } from '../views.js'
import { clientSignal, explained, notesOf, sendAnswer, sendJson } from './answer.js'
import { ARROW_TYPE, arrowStream } from './arrow.js'
import { acceptForms } from './form.js'
import { formatResult } from './format.js'
import { checkOrder, parseStep, parseTime } from './parameters.js'
import {
  evaluateQuestion,
  instantQuestion,
  opening,
  type Question,
  QuestionParameters,
  readQuestion,
  toldValue,
} from './question.js'
import { statsJson } from './stats.js'

const Common = {
  ...QuestionParameters,
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

/** `/api/v1/query`, `/api/v1/query_range` as the Prometheus HTTP API has them, and `/api/v1/explain`. */
export function registerQueryRoutes(app: FastifyInstance, view: MergedView, views: Views): void {
  acceptForms(app)
  const { limits, observer } = views
  app.addHook('onError', async (_request, _reply, error) => observer?.failed(asTidemarkError(error).code))
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
      const evaluated = await evaluateQuestion(question, query, limits, stats === 'all')
      return { ...evaluated, value: toldValue(evaluated, query, limit) }
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
    const { stats, warnings, infos } = await evaluateQuestion(question, query, limits, true)
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
