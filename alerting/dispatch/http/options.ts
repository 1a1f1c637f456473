import type { Limits } from '../../../schemas/limits.js'
import type { Clock } from '../../../schemas/time.js'
import type { DispatchConfig } from '../config/dispatch-config.js'
import type { AlertInbox } from '../store/alert-inbox.js'
import type { MaintenanceStore } from '../store/maintenance-store.js'
import type { SilenceStore } from '../store/silence-store.js'

/** What the dispatcher's routes are made of. */
export interface DispatchApiOptions {
  inbox: AlertInbox
  silences: SilenceStore
  maintenance: MaintenanceStore
  /** The configuration as it stands now. */
  config: () => DispatchConfig
  limits: Limits
  clock: Clock
  /** Ids that nobody else makes: UUIDs. */
  newId: () => string
  version: string
  /** When this process started, ms. */
  startedMs: number
}
