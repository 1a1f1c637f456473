import { createTemporalClient } from '../adapters/temporal/client.js'
import { parseDuration } from '../schemas/config/duration.js'
import { configFlags } from '../schemas/config/flags.js'
import type { Config } from '../schemas/config/schema.js'
import type { PipelineStatus } from '../schemas/ports/status.js'
import type { Workflows } from '../schemas/ports/workflows.js'
import type { ControlOptions } from '../serving/http/plugin.js'
import { type Check, checkCatalog, checkHot, checkLive, checkObjects } from './checks.js'
import type { RoleContext, RunningRole } from './context.js'
import type { GatewayRole } from './gateway.js'
import { MetadataMirror } from './metadata-mirror.js'
import { repeat } from './repeat.js'
import { type ServingProcess, startServingProcess } from './serving-process.js'

/** What other processes heard of metrics is looked at this often, ms. */
const METADATA_EVERY_MS = 10_000

/** A running serving role: the process that answers queries, and what is asked of Tidemark itself. */
export interface ServingRole extends RunningRole {
  serving: ServingProcess
}

/** Starts the process that answers queries. It may still be starting when this resolves. */
export async function startServing(context: RoleContext): Promise<ServingRole> {
  const { config, stores, logger, closing } = context
  const { catalog, url: catalogUrl } = await stores.catalog()
  // Opened first, so that what lies in this process can be asked for.
  const live = await stores.live()
  const hot = await stores.hot()
  const setup = { config, catalogUrl, originMs: catalog.originMs }
  const serving = await startServingProcess({ setup, speed: stores.own, logger, closing })
  const process: Check = {
    name: 'queries',
    ask: async () => {
      for (const reason of serving.notReady()) throw new Error(reason)
    },
  }
  const objects = await stores.objects()
  return {
    serving,
    checks: [checkCatalog(catalog.db), checkHot(hot), checkLive(live), checkObjects(objects), process],
  }
}

/** Batch work as a process without the role worker sees it: others do it. */
export function openWorkflows({ config, clock, closing }: RoleContext): Workflows {
  const client = createTemporalClient(config, clock)
  closing.add('Temporal', () => client.close())
  return client
}

/** What the control routes are made of. */
export interface ControlParts {
  context: RoleContext
  workflows: Workflows
  /** The gateway of this process, if it has one: what it heard is known at once. */
  gateway?: GatewayRole
  version: string
  status: () => Promise<PipelineStatus>
}

/** What is asked of Tidemark itself: status, metadata, administration. */
export async function controlOf(parts: ControlParts): Promise<ControlOptions> {
  const { context, workflows, gateway, version, status } = parts
  const { config, clock, stores, closing, onError } = context
  const { catalog } = await stores.catalog()
  const mirror = new MetadataMirror(catalog.db, config.limits.metricsDescribed)
  closing.add(
    'metadata of other processes',
    repeat(METADATA_EVERY_MS, () => mirror.refresh(), onError),
  )
  return {
    workflows,
    metadata: () => new Map([...mirror.all(), ...(gateway?.gateway.metadata.all() ?? [])]),
    facts: { version, startedMs: clock(), flags: configFlags(config), retention: retentionText(config.retention) },
    status,
    clock,
  }
}

/** `raw forever, 10s 7d, …` */
function retentionText({ hot: _, ...kept }: Config['retention']): string {
  return Object.entries(kept)
    .map(([tier, time]) => `${tier} ${parseDuration(time) === 0 ? 'forever' : time}`)
    .join(', ')
}
