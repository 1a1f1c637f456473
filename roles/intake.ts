import type { DispatchConfig } from '../alerting/dispatch/config/dispatch-config.js'
import type { GroupFlush } from '../alerting/dispatch/flush.js'
import type { EvaluateOptions } from '../alerting/evaluate.js'
import { IncidentIntake } from '../alerting/incidents/intake.js'
import { HostCounter } from '../alerting/incidents/known-hosts.js'
import { factsOfRule } from '../alerting/incidents/rule-facts.js'
import type { Judging } from '../alerting/judging.js'
import type { CatalogDb } from '../batch/catalog/tables.js'
import { evaluateQuery } from '../promql/engine.js'
import { parseExpr } from '../promql/parse.js'
import { parseDuration } from '../schemas/config/duration.js'
import { asTidemarkError } from '../schemas/errors.js'
import type { RoleContext } from './context.js'
import { incidentParts, incidentPolicy } from './incidents.js'
import { repeat } from './repeat.js'

/** Incidents that are over are looked through this often, ms. */
const TRIM_EVERY_MS = 3_600_000
/** Counting hosts must not keep anybody waiting who is to be called, ms. */
const COUNT_MS = 5000

/** What the intake is opened with. */
export interface IntakeOptions extends Pick<EvaluateOptions, 'open' | 'limits'> {
  db: CatalogDb
  /** Knows the rules. */
  judging: Pick<Judging, 'ruleNamed'>
  /** The routes of alerts as they stand now. */
  routes: () => DispatchConfig
}

/** Opens what makes incidents of flushes, and forgets old incidents from now on. */
export function openIntake(context: RoleContext, { db, judging, routes, open, limits }: IntakeOptions): IncidentIntake {
  const { config, clock, closing, onError } = context
  const parts = incidentParts({ config, db, clock })
  const policy = incidentPolicy(config, {
    ruleOf: (alertname) => {
      const rule = judging.ruleNamed(alertname)
      return rule && factsOfRule(rule)
    },
    receiverChannels: (receiver) => {
      return routes().receivers.find(({ name }) => name === receiver)?.channels
    },
    links: parts.links,
  })
  const keptMs = parseDuration(config.incidents.retention)
  if (keptMs > 0)
    closing.add(
      'forgetting old incidents',
      repeat(TRIM_EVERY_MS, () => parts.store.trim(clock() - keptMs), onError),
    )
  const ask = async (query: string, timeMs: number) => {
    const times = { startMs: timeMs, endMs: timeMs, stepMs: 0 }
    const { value } = await evaluateQuery(parseExpr(query), query, times, await open(), { limits, timeoutMs: COUNT_MS })
    return value.type === 'vector' ? value.samples : []
  }
  const hosts = new HostCounter({ exprOf: (alertname) => judging.ruleNamed(alertname)?.expr, ask, labels: policy })
  const countHosts = (flush: GroupFlush) => hosts.count(flush)
  return new IncidentIntake({ ...parts, policy, countHosts, onError: (thrown) => onError(asTidemarkError(thrown)) })
}
