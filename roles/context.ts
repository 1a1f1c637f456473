import type { Logger } from 'pino'
import type { Config } from '../schemas/config/schema.js'
import type { TidemarkError } from '../schemas/errors.js'
import type { InstanceReport } from '../schemas/ports/status.js'
import type { Clock } from '../schemas/time.js'
import type { Check } from './checks.js'
import type { CloseStack } from './close-stack.js'
import type { RoleMetrics } from './metrics/collector.js'
import type { Stores } from './stores.js'

/** What every role of a process is started with. */
export interface RoleContext {
  config: Config
  clock: Clock
  /** Of this build. */
  version: string
  logger: Logger
  /** What is opened, to be closed in reverse order. */
  closing: CloseStack
  /** Told of errors that pass, and of input that is wrong. */
  onError: (error: TidemarkError) => void
  stores: Stores
}

/** A role that runs. */
export interface RunningRole {
  /** Rejects if the role fails for good. */
  ended?: Promise<void>
  /** Questions to what it works with, which tell whether it can do its work. */
  checks: readonly Check[]
  /** What it shows to those who watch it. */
  metrics?: RoleMetrics
  /** What it tells of itself. */
  report?(): Promise<InstanceReport>
}
