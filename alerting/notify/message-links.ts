import { signedPath } from './back/signed-link.js'
import type { IncidentView, Message } from './channel.js'
import { printable } from './text.js'

/** Logs and charts begin this long before the incident did, ms. */
const BEFORE_MS = 15 * 60_000

/** What links are made of. */
export interface LinkSettings {
  /** Where people reach this Tidemark; empty: there are no links to it. */
  publicUrl: string
  /** Empty: there are no links that act. */
  signingKey: string
  lifetimeMs: number
  /** Addresses of logs by service, `*` for all others. */
  logs: Readonly<Record<string, string>>
}

/**
 * The message with the links that it lacks. Links that act are made when a message is sent, so that nobody who reads the
 * outbox can use them, and each tells who used it.
 */
export function withLinks(message: Message, settings: LinkSettings, nowMs: number): Message {
  const { incident, recipient } = message
  const { runbook_url: runbook, chart_url: chart, image_url: image } = incident.annotations
  const made = {
    ...(runbook && { runbook }),
    ...(image && { image }),
    ...ownLinks(incident, recipient ?? '', settings, nowMs),
    ...(chart && { chart }),
    ...logsLink(incident, settings.logs, nowMs),
  }
  return { ...message, incident: { ...incident, links: { ...made, ...incident.links } } }
}

function ownLinks(incident: IncidentView, by: string, settings: LinkSettings, nowMs: number): Record<string, string> {
  const { publicUrl, signingKey, lifetimeMs } = settings
  if (publicUrl === '') return {}
  const { incidentId, query } = incident
  const chart: Record<string, string> = query ? { chart: `${publicUrl}/?${new URLSearchParams({ query })}` } : {}
  if (signingKey === '') return chart
  const expiresS = Math.floor((nowMs + lifetimeMs) / 1000)
  const link = (action: 'acknowledge' | 'resolve') =>
    `${publicUrl}${signedPath({ incidentId, action, by, expiresS }, signingKey)}`
  return { ...chart, acknowledge: link('acknowledge'), resolve: link('resolve') }
}

/** Logs of the service, on the first of its hosts, from a while before it began until now. */
function logsLink(incident: IncidentView, templates: LinkSettings['logs'], nowMs: number): Record<string, string> {
  const { groupLabels, hosts, startedMs, resolvedMs, alerts } = incident
  const service = groupLabels.service ?? alerts[0]?.labels.service ?? ''
  const template = Object.hasOwn(templates, service) ? templates[service] : templates['*']
  if (template === undefined) return {}
  const fromMs = startedMs - BEFORE_MS
  const toMs = resolvedMs ?? nowMs
  const values: Record<string, string> = {
    service,
    host: hosts.firing[0] ?? '',
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    from_ms: String(fromMs),
    to_ms: String(toMs),
  }
  const logs = template.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? encodeURIComponent(printable(values[name])) : whole,
  )
  return { logs }
}
