import { PassThrough } from 'node:stream'
import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { asTidemarkError, TidemarkError } from '../../schemas/errors.js'
import type { MergedView } from '../source.js'
import { formatEvent } from '../tail/events.js'
import { metricsRead } from '../tail/metrics-read.js'
import { Tail, type TailPace } from '../tail/tail.js'
import type { WatchedViews } from '../views.js'
import { answerPieces, clientSignal, notesOf } from './answer.js'
import { errorBody } from './errors.js'
import { formatResult } from './format.js'
import { evaluateQuestion, momentOf, opening, QuestionParameters, readQuestion, toldValue } from './question.js'

const PACE: TailPace = { everyMs: 1000, idleMs: 15_000 }

/** Samples of one event: it is one text, and there is one of it each second. */
const EVENT_SAMPLES = 20_000

const Parameters = Type.Object(QuestionParameters)
type Parameters = Static<typeof Parameters>

/**
 * `/api/v1/tail?query=…`: server-sent events with the answer to an instant query, at the start and whenever windows that
 * it reads change. `result` and `error` carry what `/api/v1/query` answers, `skipped` how many updates a slow client
 * did not get.
 */
export function registerTailRoutes(app: FastifyInstance, view: MergedView, views: WatchedViews, pace = PACE): void {
  let tails = 0
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    const limit = views.limits.tails
    if (tails >= limit) throw new TidemarkError('TM_TAIL_LIMIT', { limit })
    tails++
    reply.raw.once('close', () => tails--)
    const gone = clientSignal(request, reply)
    const { evaluate, reads } = tailed(request.query as Parameters, view, views, gone)
    const stream = new PassThrough()
    const client = { write: (text: string) => void stream.write(text), isBehind: () => stream.writableNeedDrain, gone }
    const tail = new Tail(() => evaluate().catch(errorEvent), client, pace)
    stream.on('drain', () => tail.drained())
    const watch = await views.changes.watch({
      changed: (metrics) => {
        if (concerns(reads, metrics)) tail.changed()
      },
      missed: () => tail.changed(),
    })
    const first = await evaluate().catch(async (thrown) => {
      await watch.close()
      throw thrown
    })
    void tail.run(first).finally(() => {
      stream.end()
      return watch.close()
    })
    return reply
      .type('text/event-stream; charset=utf-8')
      .headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
      .send(stream)
  }
  const schema = { querystring: Parameters }
  app.route({ method: 'GET', url: '/api/v1/tail', exposeHeadRoute: false, compress: false, schema, handler })
}

/** What a tail asks again and again, and the metrics that it reads. */
function tailed(parameters: Parameters, view: MergedView, views: WatchedViews, gone: AbortSignal) {
  const asked = readQuestion(parameters, views)
  const opened = { ...opening(parameters), signal: gone }
  const queryResultSamples = Math.min(EVENT_SAMPLES, views.limits.queryResultSamples)
  const limits = { ...views.limits, queryResultSamples }
  const evaluate = async () => {
    const nowMs = views.clock()
    const query = await view.open(opened)
    const result = await evaluateQuestion({ ...asked, times: momentOf(nowMs) }, query, limits)
    const value = toldValue(result, query, parameters.limit)
    const answer = { data: formatResult(value), ...notesOf(query) }
    return formatEvent('result', [...answerPieces(query, answer)].join(''), nowMs)
  }
  return { evaluate, reads: metricsRead(asked.expr) }
}

function errorEvent(thrown: unknown): string {
  return formatEvent('error', JSON.stringify(errorBody(asTidemarkError(thrown))))
}

/** @param reads undefined: any. @param changed ascending */
function concerns(reads: ReadonlySet<number> | undefined, changed: Uint32Array): boolean {
  if (!reads) return true
  for (const hash of reads) if (holds(changed, hash)) return true
  return false
}

function holds(ascending: Uint32Array, wanted: number): boolean {
  let [from, to] = [0, ascending.length]
  while (from < to) {
    const middle = (from + to) >>> 1
    if (ascending[middle] === wanted) return true
    if (ascending[middle] < wanted) from = middle + 1
    else to = middle
  }
  return false
}
