import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { EmbeddedCache } from './adapters/embedded/cache.js'
import { lockDataFolder } from './adapters/embedded/data-folder.js'
import { EmbeddedHotStore } from './adapters/embedded/hot-store.js'
import { EmbeddedLiveView } from './adapters/embedded/live-view.js'
import { EmbeddedLog } from './adapters/embedded/log.js'
import { ObjectFolder } from './adapters/embedded/object-folder.js'
import { createGateway } from './ingest/gateway/gateway.js'
import { CloseStack } from './roles/close-stack.js'
import { startHttp } from './roles/http.js'
import type { Config } from './schemas/config/schema.js'
import type { Clock } from './schemas/time.js'

/** What a running Tidemark needs from outside. */
export interface Surroundings {
  logger: Logger
  clock: Clock
}

/** Everything in one process. */
export interface Tidemark {
  /** Where it answers. */
  url: string
  /** Rejects if a part fails for good. */
  ended: Promise<never>
  close(): Promise<void>
}
