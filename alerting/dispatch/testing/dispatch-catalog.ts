import { type ScratchCatalog, startScratchCatalog } from '../../testing/catalog.js'
import type { DispatchTables } from '../store/tables.js'

/** A catalog for what is dispatched. */
export type DispatchCatalog = ScratchCatalog<DispatchTables>

/** Starts one. */
export function startDispatchCatalog(): Promise<DispatchCatalog> {
  return startScratchCatalog<DispatchTables>([
    'alert_inbox',
    'held_alerts',
    'silences',
    'maintenance_windows',
    'notification_log',
    'dispatch_lease',
  ])
}
