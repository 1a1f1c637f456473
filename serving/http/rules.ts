import { type Static, Type } from '@sinclair/typebox'
import type { FastifyPluginAsync } from 'fastify'
import type { ActiveAlert, RecordingStatus, RuleGroupStatus, RuleStatus } from '../../schemas/ports/rules.js'
import { sendJson } from './answer.js'

const Names = Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())]))
const RulesParameters = Type.Object({
  type: Type.Optional(
    Type.Union([Type.Literal('alert'), Type.Literal('record')], { description: 'rules of this kind only' }),
  ),
  'rule_name[]': Names,
  'rule_group[]': Names,
  'file[]': Names,
  exclude_alerts: Type.Optional(Type.String({ description: 'true leaves the active alerts out' })),
})

/** `/api/v1/rules` and `/api/v1/alerts` as the Prometheus HTTP API has them. @param groups as they were judged last */
export function rulesPlugin(groups: () => Promise<readonly RuleGroupStatus[]>): FastifyPluginAsync {
  return async (app) => {
    app.get<{ Querystring: Static<typeof RulesParameters> }>(
      '/api/v1/rules',
      { schema: { querystring: RulesParameters } },
      async ({ query }, reply) => {
        const shown = (await groups())
          .map((group) => chosen(group, query))
          .filter(({ rules, recordings = [] }) => rules.length + recordings.length > 0)
        const withAlerts = query.exclude_alerts !== 'true'
        const data = { groups: shown.map((group) => groupJson(group, withAlerts)) }
        return sendJson(reply, JSON.stringify({ status: 'success', data }))
      },
    )
    app.get('/api/v1/alerts', async (_request, reply) => {
      const alerts = (await groups()).flatMap(({ rules }) => rules.flatMap((rule) => rule.alerts.map(alertJson)))
      return sendJson(reply, JSON.stringify({ status: 'success', data: { alerts } }))
    })
  }
}

/** The group with the rules that were asked for. */
function chosen(group: RuleGroupStatus, query: Static<typeof RulesParameters>): RuleGroupStatus {
  const isWanted = (names: string | string[] | undefined, name: string) =>
    names === undefined || [names].flat().includes(name)
  const isGroup = isWanted(query['rule_group[]'], group.name) && isWanted(query['file[]'], group.file)
  const isKind = (kind: string) => isGroup && (query.type ?? kind) === kind
  const named = query['rule_name[]']
  return {
    ...group,
    rules: isKind('alert') ? group.rules.filter(({ alert }) => isWanted(named, alert)) : [],
    recordings: isKind('record') ? group.recordings?.filter(({ record }) => isWanted(named, record)) : [],
  }
}

function groupJson({ name, file, intervalMs, rules, recordings = [] }: RuleGroupStatus, withAlerts: boolean) {
  const all = [...rules, ...recordings]
  return {
    name,
    file,
    rules: [...recordings.map(recordingJson), ...rules.map((rule) => ruleJson(rule, withAlerts))],
    interval: intervalMs / 1000,
    limit: 0,
    evaluationTime: all.reduce((sum, { tookMs }) => sum + tookMs, 0) / 1000,
    lastEvaluation: utc(Math.max(...all.map(({ judgedMs = 0 }) => judgedMs))),
  }
}

function recordingJson({ record, query, labels, health, lastError, tookMs, judgedMs = 0 }: RecordingStatus) {
  return {
    name: record,
    query,
    labels,
    health,
    lastError,
    evaluationTime: tookMs / 1000,
    lastEvaluation: utc(judgedMs),
    type: 'recording',
  }
}

function ruleJson(rule: RuleStatus, withAlerts: boolean) {
  return {
    state: stateOf(rule.alerts),
    name: rule.alert,
    query: rule.query,
    duration: rule.forMs / 1000,
    keepFiringFor: rule.keepFiringMs / 1000,
    labels: rule.labels,
    annotations: rule.annotations,
    ...(withAlerts && { alerts: rule.alerts.map(alertJson) }),
    health: rule.health,
    lastError: rule.lastError,
    evaluationTime: rule.tookMs / 1000,
    lastEvaluation: utc(rule.judgedMs ?? 0),
    type: 'alerting',
  }
}

function stateOf(alerts: readonly ActiveAlert[]): string {
  if (alerts.some(({ state }) => state === 'firing')) return 'firing'
  return alerts.length > 0 ? 'pending' : 'inactive'
}

function alertJson({ labels, annotations, state, activeMs, value }: ActiveAlert) {
  return { labels, annotations, state, activeAt: utc(activeMs), value: exponential(value) }
}

/** As Prometheus writes it here: `1e+00`. */
function exponential(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
}

function utc(ms: number): string {
  return new Date(ms).toISOString()
}
