import { createTemporalClient } from '../../adapters/temporal/client.js'
import { Escalator } from '../../alerting/escalation/escalator.js'
import { listedRecipients } from '../../alerting/escalation/recipients.js'
import { IncidentDesk } from '../../alerting/incidents/incident-desk.js'
import { IncidentStore } from '../../alerting/incidents/incident-store.js'
import { IncidentIntake } from '../../alerting/incidents/intake.js'
import { startIncidentCatalog } from '../../alerting/testing/catalog.js'
import { alertOn, flushOf, MINUTE_MS, POLICY } from '../../alerting/testing/incidents.js'
import { escalationStarter } from '../../roles/escalation-starter.js'
import { escalationPolicies } from '../../roles/incidents.js'
import { loadConfig } from '../../schemas/config/load.js'
import { escalationId } from '../../schemas/flows.js'
import type { IncidentAction } from '../../schemas/ports/incidents.js'
import { setTimeSkippingStage } from './time-skipping.js'

/** People of the duties that the default policies name, each with a channel of their own. */
const PEOPLE = {
  'on-call': [{ name: 'ada', channels: ['sms:ada'] }],
  'team-lead': [{ name: 'lea', channels: ['sms:lea'] }],
  vp: [{ name: 'vic', channels: ['sms:vic'] }],
}

/**
 * Incidents on an embedded Postgres, escalated by the default policies on a Temporal that skips time. Minutes count
 * from when the stage was set.
 */
export async function setIncidentStage() {
  const catalog = await startIncidentCatalog()
  const store = new IncidentStore(catalog.db)
  let nowMs = 0
  const clock = () => nowMs
  const config = loadConfig({ env: {} })
  const escalation = escalationPolicies(config.escalation)
  const whoIs = listedRecipients(PEOPLE)
  const parts = { db: catalog.db, store, escalation, whoIs, links: POLICY.links, clock }
  const escalator = new Escalator(parts)
  const stage = await setTimeSkippingStage(escalator).catch(async (thrown) => {
    await catalog.stop()
    throw thrown
  })
  const { env } = stage
  const zeroMs = await stage.nowMs()
  const client = createTemporalClient(loadConfig({ env: {}, overrides: { 'temporal.address': env.address } }), Date.now)
  const start = escalationStarter(parts, client)
  const failing = (error: unknown) => {
    throw error
  }
  const intake = new IncidentIntake({ ...parts, policy: POLICY, countHosts: async () => undefined, onError: failing })
  let actions = 0
  const desk = new IncidentDesk({ ...parts, newId: () => `action-${++actions}` })
  const tick = async () => {
    nowMs = await stage.nowMs()
  }

  return {
    ...stage,
    client,
    desk,
    /** Hands the group what it has to say now. */
    async flush(groupKey: string, alerts: Parameters<typeof flushOf>[0], reason: Parameters<typeof flushOf>[2]) {
      await tick()
      const plan = await intake.takeFlush(flushOf(alerts, nowMs, reason, groupKey))
      if (!plan) throw new Error('nothing came of the flush')
      return plan.incident.incidentId
    },
    /** Opens an incident of this severity; its workflow is not started yet. */
    async open(groupKey: string, severity = 'P1'): Promise<string> {
      const labels = { ...alertOn('web-1').labels, severity }
      return this.flush(groupKey, [alertOn('web-1', { labels })], 'first')
    },
    async act(incidentId: string, action: IncidentAction, by = 'ada'): Promise<void> {
      await tick()
      await desk.act(incidentId, action, by)
    },
    /** Lets workflows know what they have not heard of. */
    async deliver(): Promise<void> {
      await tick()
      await start()
    },
    /** Lets time pass, in which the workflows do what they mean to. */
    async pass(minutes: number): Promise<void> {
      await env.sleep(minutes * MINUTE_MS)
    },
    /** What people were sent, oldest first: minute, action, and the channel. */
    async sent(incidentId: string): Promise<string[]> {
      const rows = await catalog.db
        .selectFrom('outbox')
        .select(['queued_ms', 'action', 'channel'])
        .where('incident_id', '=', incidentId)
        .orderBy('seq')
        .execute()
      return rows.map((row) => `${Math.round((row.queued_ms - zeroMs) / MINUTE_MS)} ${row.action} ${row.channel}`)
    },
    workflow: (incidentId: string) => env.client.workflow.getHandle(escalationId(incidentId)),
    minute: async () => Math.round(((await stage.nowMs()) - zeroMs) / MINUTE_MS),
    async close(): Promise<void> {
      await client.close()
      await stage.close()
      await catalog.stop()
    },
  }
}
