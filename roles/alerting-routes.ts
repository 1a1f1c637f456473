import type { FastifyPluginAsync } from 'fastify'
import type { DispatchConfig } from '../alerting/dispatch/config/dispatch-config.js'
import { dispatchPlugin } from '../alerting/dispatch/http/plugin.js'
import type { Act } from '../alerting/notify/back/act.js'
import { type IncidentRoutes, incidentsPlugin } from '../serving/http/incidents.js'
import type { ControlOptions } from '../serving/http/plugin.js'
import type { MergedView } from '../serving/source.js'
import type { RoleContext } from './context.js'
import { dispatchApi } from './dispatch.js'
import { incidentDesk, incidentParts, outbox } from './incidents.js'
import { notifyRoutes } from './notify.js'
import { ruleRoutes } from './rule-desk.js'

/** What these routes share with the rest of the process. */
export interface AlertingParts {
  metadata: ControlOptions['metadata']
  /** The routes of alerts as they stand now. */
  routes: () => DispatchConfig
  /** What rules are tried out on. */
  view: MergedView
}

/** The routes of rules, alerts, incidents and messages, for a process that answers queries. */
export async function alertingRoutes(
  context: RoleContext,
  { metadata, routes, view }: AlertingParts,
): Promise<FastifyPluginAsync> {
  const { config, clock, stores } = context
  const { db } = (await stores.catalog()).catalog
  const rules = await ruleRoutes(context, metadata, view)
  const incidents = incidentDesk(incidentParts({ config, db, clock }))
  const callerOf: IncidentRoutes['callerOf'] = ({ caller }) => caller?.name ?? 'local'
  const act: Act = async (incidentId, kind, by) => void (await incidents.act(incidentId, { kind }, by))
  return async (app) => {
    await app.register(rules)
    await app.register(incidentsPlugin({ incidents, callerOf, clock }))
    await app.register(dispatchPlugin(dispatchApi(context, db, routes)))
    await app.register(notifyRoutes({ ...context, routes, dead: outbox(db), act }))
  }
}
