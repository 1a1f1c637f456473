import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { TidemarkError } from '../../../schemas/errors.js'
import type { Limits } from '../../../schemas/limits.js'
import { valuePredicate } from '../../../schemas/series/matcher.js'
import { type HeldAlert, heldAlert } from '../alert.js'
import { AlertSet } from '../alert-set.js'
import { labelPredicate } from '../match/label-matchers.js'
import { Mutes } from '../mutes.js'
import { maintenanceWindow } from '../store/maintenance-store.js'
import { DispatchView, type ShownAlert } from '../view.js'
import { alertJson, groupJson, readPostedAlert } from './alert-json.js'
import { readFilter } from './filter.js'
import type { DispatchApiOptions } from './options.js'

const shown = (description: string) => Type.Optional(Type.Boolean({ default: true, description }))
const AlertsQuery = Type.Object({
  active: shown('false leaves out those that are told'),
  silenced: shown('false leaves out those that are silenced'),
  inhibited: shown('false leaves out those that others inhibit'),
  unprocessed: shown('all are processed at once'),
  muted: shown('of groups: false leaves out those in a time interval in which nobody is told'),
  filter: Type.Optional(Type.Array(Type.String(), { description: 'a matcher such as service="api"' })),
  receiver: Type.Optional(Type.String({ description: 'a regular expression that a receiver must match' })),
})

/** `/api/v2/alerts`: takes alerts in and shows those that fire. */
export function registerAlertRoutes(app: FastifyInstance, options: DispatchApiOptions): void {
  const { limits, clock, config, inbox } = options
  app.post<{ Body: unknown }>('/api/v2/alerts', { bodyLimit: limits.bodyBytes }, async ({ body }, reply) => {
    const { alerts, reasons, total } = readAlerts(body, clock(), config().resolveTimeoutMs, limits)
    await inbox.receive(alerts, limits.receivedAlerts)
    if (reasons.length === 0) return reply.code(200).send()
    const shownReasons = reasons.slice(0, limits.refusalsListed).join('; ')
    throw new TidemarkError('TM_ALERTS_REFUSED', { refused: reasons.length, total, reasons: shownReasons })
  })
  app.get<{ Querystring: Static<typeof AlertsQuery> }>(
    '/api/v2/alerts',
    { schema: { querystring: AlertsQuery } },
    async ({ query }, reply) => {
      const { view, openEndMs } = await readView(options)
      const isWanted = wanted(query)
      const alerts = view.alerts().filter((one) => one.receivers.some(receiverTest(query)) && isWanted(one))
      return reply
        .type('application/json; charset=utf-8')
        .send(JSON.stringify(alerts.map((one) => alertJson(one, openEndMs))))
    },
  )
  app.get<{ Querystring: Static<typeof AlertsQuery> }>(
    '/api/v2/alerts/groups',
    { schema: { querystring: AlertsQuery } },
    async ({ query }, reply) => {
      const { view, openEndMs } = await readView(options)
      const isWanted = wanted(query)
      const groups = view
        .groups()
        .filter(({ receiver, mutedBy }) => receiverTest(query)(receiver) && (query.muted || mutedBy.length === 0))
        .map((group) => ({ ...group, alerts: group.alerts.filter(isWanted) }))
        .filter(({ alerts }) => alerts.length > 0)
      return reply
        .type('application/json; charset=utf-8')
        .send(JSON.stringify(groups.map((group) => groupJson(group, openEndMs))))
    },
  )
}

/** The alerts of a request, and why others of it are none. */
function readAlerts(body: unknown, nowMs: number, resolveTimeoutMs: number, limits: Limits) {
  if (!Array.isArray(body)) {
    throw new TidemarkError('TM_REQUEST', {
      reason: 'the body is not a list of alerts',
      fix: 'send a JSON array as Alertmanager takes it',
    })
  }
  const alerts: HeldAlert[] = []
  const reasons: string[] = []
  for (const [i, one] of body.entries()) {
    try {
      const bytes = Buffer.byteLength(JSON.stringify(one))
      if (bytes > limits.alertBytes) throw new Error(`it has ${bytes} bytes, the limit is ${limits.alertBytes}`)
      alerts.push(heldAlert(readPostedAlert(one), nowMs, resolveTimeoutMs))
    } catch (thrown) {
      reasons.push(`alert ${i + 1}: ${(thrown as Error).message}`)
    }
  }
  return { alerts, reasons, total: body.length }
}

/** How alerts stand now: as the dispatcher has them, and those that it is about to take. */
async function readView({ inbox, silences, maintenance, config, limits, clock }: DispatchApiOptions) {
  const nowMs = clock()
  const [held, waiting, current, windows] = await Promise.all([
    inbox.held(),
    inbox.waiting(limits.receivedAlerts),
    silences.current(nowMs),
    maintenance.all(),
  ])
  const alerts = new AlertSet(held.map(({ alert }) => alert))
  for (const alert of waiting.alerts) alerts.put(alert, nowMs)
  const mutes = new Mutes()
  mutes.setSilences(current)
  mutes.setWindows(windows.map(maintenanceWindow))
  const { resolveTimeoutMs } = config()
  return { view: new DispatchView(config(), alerts.all(), mutes, nowMs), openEndMs: nowMs + resolveTimeoutMs }
}

function wanted({ active, silenced, inhibited, filter }: Static<typeof AlertsQuery>): (shown: ShownAlert) => boolean {
  const matches = labelPredicate(readFilter(filter))
  return ({ alert, status }) =>
    (active || status.state !== 'active') &&
    (silenced || status.silencedBy.length === 0) &&
    (inhibited || status.inhibitedBy.length === 0) &&
    matches(alert.labels)
}

function receiverTest({ receiver }: Static<typeof AlertsQuery>): (name: string) => boolean {
  return receiver === undefined ? () => true : valuePredicate({ name: 'receiver', op: '=~', value: receiver })
}
