import { sql } from 'kysely'
import { TidemarkError } from '../../schemas/errors.js'
import type {
  IncidentAction,
  IncidentDetail,
  IncidentFilter,
  IncidentPage,
  IncidentSummary,
  Incidents,
} from '../../schemas/ports/incidents.js'
import { type ActionParts, actOn } from './act.js'
import type { Incident } from './incident.js'
import { alertOf, incidentOf } from './rows.js'
import type { IncidentDb } from './tables.js'

/** Alerts and lines of a timeline that are shown. */
const MOST_SHOWN = 1000

/** What the desk works with. */
export interface DeskParts extends ActionParts {
  db: IncidentDb
  /** A new id for an action. */
  newId(): string
}

/** Incidents for people: who looks at them, and who acts on them. */
export class IncidentDesk implements Incidents {
  readonly #parts: DeskParts

  constructor(parts: DeskParts) {
    this.#parts = parts
  }

  async list({ status, severity, ruleId, sinceMs, after, limit }: IncidentFilter): Promise<IncidentPage> {
    let query = this.#parts.db
      .selectFrom('alert_incidents')
      .selectAll()
      .orderBy('started_at', 'desc')
      .orderBy('incident_id', 'desc')
      .limit(limit + 1)
    if (status) query = query.where('status', 'in', status)
    if (severity) query = query.where('severity', 'in', severity)
    if (ruleId !== undefined) query = query.where('rule_id', '=', ruleId)
    if (sinceMs !== undefined) query = query.where('started_at', '>=', new Date(sinceMs))
    if (after !== undefined) {
      const { startedMs, incidentId } = readCursor(after)
      const place = sql<boolean>`(started_at, incident_id) < (${new Date(startedMs)}, ${incidentId})`
      query = query.where(place)
    }
    const incidents = (await query.execute()).map(incidentOf)
    const page = incidents.slice(0, limit).map(summaryOf)
    return incidents.length > limit ? { incidents: page, next: cursorOf(page[page.length - 1]) } : { incidents: page }
  }

  async get(incidentId: string): Promise<IncidentDetail> {
    const incident = await this.#find(incidentId)
    const { db } = this.#parts
    const [alerts, newest] = await Promise.all([
      db
        .selectFrom('incident_alerts')
        .selectAll()
        .where('incident_id', '=', incidentId)
        .orderBy('status')
        .orderBy('starts_ms')
        .limit(MOST_SHOWN)
        .execute(),
      db
        .selectFrom('incident_timeline')
        .selectAll()
        .where('incident_id', '=', incidentId)
        .orderBy('id', 'desc')
        .limit(MOST_SHOWN)
        .execute(),
    ])
    const { query, threshold, value, annotations, channels } = incident
    const timeline = newest.reverse().map(({ at_ms: atMs, kind, by_whom: by, text }) => ({
      atMs,
      kind,
      ...(by !== null && { by }),
      text,
    }))
    return {
      ...summaryOf(incident),
      query,
      threshold,
      value,
      annotations,
      channels,
      alerts: alerts.map(alertOf),
      timeline,
    }
  }

  async act(incidentId: string, action: IncidentAction, by: string): Promise<IncidentSummary> {
    await this.#find(incidentId)
    const { newId, clock } = this.#parts
    await actOn(this.#parts, { id: newId(), incidentId, by, atMs: clock(), action }, false)
    return summaryOf(await this.#find(incidentId))
  }

  /** How many incidents are not resolved, by status and severity. */
  async open(): Promise<{ status: string; severity: string; count: number }[]> {
    return this.#parts.db
      .selectFrom('alert_incidents')
      .select((row) => ['status', 'severity', row.fn.countAll<number>().as('count')])
      .where('status', '<>', 'resolved')
      .groupBy(['status', 'severity'])
      .execute()
  }

  async #find(incidentId: string): Promise<Incident> {
    const incident = await this.#parts.store.find(incidentId)
    if (incident) return incident
    const fix = '`tidemark incidents list` shows those that there are'
    throw new TidemarkError('TM_NOT_FOUND', { what: `an incident "${incidentId}"`, fix })
  }
}

function summaryOf(incident: Incident): IncidentSummary {
  const { incidentId, ruleId, rule, title, status, severity, groupLabels, hosts, startedMs } = incident
  const { acknowledgedMs, acknowledgedBy, resolvedMs, resolvedBy, assignee, snoozedUntilMs } = incident
  return {
    incidentId,
    ruleId,
    rule,
    title,
    status,
    severity,
    groupLabels,
    hosts,
    startedMs,
    acknowledgedMs,
    acknowledgedBy,
    resolvedMs,
    resolvedBy,
    assignee,
    snoozedUntilMs,
  }
}

function cursorOf({ startedMs, incidentId }: IncidentSummary): string {
  return `${startedMs}~${incidentId}`
}

function readCursor(text: string): Pick<IncidentSummary, 'startedMs' | 'incidentId'> {
  const found = /^(\d{1,15})~(\w{1,64})$/.exec(text)
  if (found) return { startedMs: Number(found[1]), incidentId: found[2] }
  const details = { name: 'after', value: JSON.stringify(text.slice(0, 100)), reason: 'it is not where a page ended' }
  throw new TidemarkError('TM_QUERY_PARAMETER', { ...details, fix: 'give what the page before said as `next`' })
}
