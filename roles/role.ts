import type { Config } from '../schemas/config/schema.js'
import { TidemarkError } from '../schemas/errors.js'

/** The parts that a process may play. */
export const ROLES = ['gateway', 'speed', 'archive', 'worker', 'alerts', 'serving'] as const
export type Role = (typeof ROLES)[number]

/** The engines that roles share. */
type Engine = 'log' | 'live' | 'hot' | 'objects' | 'catalog' | 'workflows'

/** What a role does, and the engines that it needs. */
export const ROLE_FACTS: Readonly<Record<Role, { does: string; engines: readonly Engine[] }>> = {
  gateway: { does: 'takes points in, over every protocol, and writes them to the log', engines: ['log', 'catalog'] },
  speed: { does: 'makes windows of the points of the log within seconds', engines: ['log', 'live', 'hot', 'catalog'] },
  archive: { does: 'writes every point of the log to the master dataset', engines: ['log', 'objects', 'catalog'] },
  worker: {
    does: 'seals, recomputes and audits blocks and escalates incidents, driven by Temporal',
    engines: ['log', 'hot', 'objects', 'catalog', 'workflows'],
  },
  alerts: {
    does: 'judges the rules, opens incidents, tells people and sends the heartbeat',
    engines: ['log', 'live', 'hot', 'objects', 'catalog'],
  },
  serving: {
    does: 'answers queries and shows the state of everything',
    engines: ['log', 'live', 'hot', 'objects', 'catalog', 'workflows'],
  },
}

/** The setting that puts an engine where other processes reach it, and whether it is set. */
const SHARED: Readonly<Record<Engine, { key: string; isSet: (config: Config) => boolean }>> = {
  log: { key: 'kafka.brokers', isSet: ({ kafka }) => kafka.brokers.length > 0 },
  live: { key: 'redis.url', isSet: ({ redis }) => redis.url !== '' },
  hot: { key: 'victoriametrics.url', isSet: ({ victoriametrics }) => victoriametrics.url !== '' },
  objects: { key: 's3.bucket', isSet: ({ s3 }) => s3.bucket !== '' },
  catalog: { key: 'catalog.url', isSet: ({ catalog }) => catalog.url !== '' },
  workflows: {
    key: 'temporal.address',
    isSet: ({ temporal }) => temporal.address !== '' || !temporal.enabled,
  },
}

/**
 * Checks that roles that run without the others reach the engines that they share with them.
 * @throws TM_ROLE_ENGINES naming the settings that are missing
 */
export function checkRoles(roles: readonly Role[], config: Config): void {
  if (ROLES.every((role) => roles.includes(role))) return
  const engines = new Set(roles.flatMap((role) => ROLE_FACTS[role].engines))
  const missing = [...engines].map((engine) => SHARED[engine]).filter(({ isSet }) => !isSet(config))
  if (missing.length === 0) return
  throw new TidemarkError('TM_ROLE_ENGINES', { role: roles.join(', '), keys: missing.map(({ key }) => key).join(', ') })
}
