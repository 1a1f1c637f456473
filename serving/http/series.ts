import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { compareLabels } from '../../promql/labels.js'
import { parseMatch } from '../../promql/parse.js'
import { TidemarkError } from '../../schemas/errors.js'
import type { Series } from '../../schemas/series/series.js'
import { labelsOf } from '../merge.js'
import type { MergedQuery } from '../merged-query.js'
import type { MergedView } from '../source.js'
import type { Views } from '../views.js'
import { clientSignal, notesOf, sendAnswer } from './answer.js'
import { acceptForms } from './form.js'
import { formatLabels } from './format.js'
import { checkOrder, parseTime } from './parameters.js'

const Parameters = Type.Object({
  'match[]': Type.Optional(Type.Array(Type.String(), { description: 'selectors; series of any of them' })),
  start: Type.Optional(Type.String()),
  end: Type.Optional(Type.String()),
  limit: Type.Optional(Type.Integer({ minimum: 0, description: 'most entries returned; 0 for all' })),
  epoch: Type.Optional(Type.Integer({ minimum: 0 })),
})
const NameParameters = Type.Object({ name: Type.String({ minLength: 1 }) })

/** `/api/v1/series`, `/api/v1/labels`, `/api/v1/label/<name>/values` as the Prometheus HTTP API has them. */
export function registerSeriesRoutes(app: FastifyInstance, view: MergedView, views: Views): void {
  acceptForms(app)
  const list = async (request: FastifyRequest, reply: FastifyReply, entries: (series: Series[]) => string[]) => {
    const parameters = request.query as Static<typeof Parameters>
    const query = await view.open({ epoch: parameters.epoch, signal: clientSignal(request, reply) })
    const found = entries(await selected(query, parameters, views.clock()))
    const limit = parameters.limit ?? 0
    if (limit > 0 && found.length > limit) {
      query.warnings.add(`results truncated due to limit: ${limit} of ${found.length}`)
      found.length = limit
    }
    return sendAnswer(reply, query, { data: [`[${found.join(',')}]`], ...notesOf(query) })
  }
  const series = (request: FastifyRequest, reply: FastifyReply) => {
    if (((request.query as Static<typeof Parameters>)['match[]'] ?? []).length === 0) {
      throw new TidemarkError('TM_REQUEST', { reason: 'no match[] parameter is given', fix: 'add match[]=metric_name' })
    }
    return list(request, reply, (found) => {
      const limit = views.limits.querySeries
      if (found.length > limit) throw new TidemarkError('TM_QUERY_SERIES', { series: found.length, limit })
      const labelSets = found.map((one) => labelsOf(one)).sort(compareLabels)
      return [...new Set(labelSets.map(formatLabels))]
    })
  }
  const labels = (request: FastifyRequest, reply: FastifyReply) =>
    list(request, reply, (found) => {
      const names = new Set(found.flatMap((one) => one.labels.map(([name]) => name)))
      if (found.length > 0) names.add('__name__')
      return asJson(names)
    })
  const values = (request: FastifyRequest, reply: FastifyReply) => {
    const name = labelName((request.params as Static<typeof NameParameters>).name)
    return list(request, reply, (found) =>
      asJson(new Set(found.map((one) => one.label(name)).filter((value) => value !== ''))),
    )
  }
  const methods = ['GET', 'POST']
  app.route({ method: methods, url: '/api/v1/series', schema: { querystring: Parameters }, handler: series })
  app.route({ method: methods, url: '/api/v1/labels', schema: { querystring: Parameters }, handler: labels })
  app.route({
    method: 'GET',
    url: '/api/v1/label/:name/values',
    schema: { querystring: Parameters, params: NameParameters },
    handler: values,
  })
}

async function selected(query: MergedQuery, parameters: Static<typeof Parameters>, nowMs: number): Promise<Series[]> {
  const startMs = parameters.start === undefined ? 0 : parseTime('start', parameters.start)
  const endMs = parameters.end === undefined ? nowMs : parseTime('end', parameters.end)
  checkOrder(startMs, endMs)
  const selectors = (parameters['match[]'] ?? []).map(parseMatch)
  const lists: Series[][] = []
  for (const matchers of selectors.length === 0 ? [[]] : selectors) {
    lists.push(await query.series({ startMs, endMs }, matchers))
  }
  if (lists.length === 1) return lists[0]
  return [...new Map(lists.flat().map((series) => [series.id, series])).values()]
}

/** Names that an address cannot hold come escaped as `U__…`: `_HH_` is a character's code point, `__` an underscore. */
function labelName(text: string): string {
  if (!text.startsWith('U__')) return text
  return text.slice(3).replaceAll(/_([0-9a-fA-F]{1,6})_|__/g, (_, hex?: string) => {
    const point = hex === undefined ? 0x5f : Number.parseInt(hex, 16)
    return point <= 0x10ffff ? String.fromCodePoint(point) : '\ufffd'
  })
}

function asJson(texts: ReadonlySet<string>): string[] {
  return [...texts].sort().map((text) => JSON.stringify(text))
}
