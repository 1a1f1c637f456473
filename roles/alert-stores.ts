import { AlertStore } from '../alerting/alert-store.js'
import { RuleStore } from '../alerting/rule-book/rule-store.js'
import type { RuleDb } from '../alerting/rule-book/tables.js'
import type { AlertDb } from '../alerting/tables.js'
import { type VerdictDb, VerdictStore } from '../alerting/verdicts/verdict-store.js'
import type { Catalog } from '../batch/catalog/catalog.js'
import type { CatalogDb } from '../batch/catalog/tables.js'
import { parseDuration } from '../schemas/config/duration.js'
import type { Config } from '../schemas/config/schema.js'
import { WINDOW_MS } from '../schemas/time.js'

/** Groups of rules and their alerts in the catalog. */
export function alertStore(db: CatalogDb): AlertStore {
  return new AlertStore(db as unknown as AlertDb)
}

/** Managed rules in the catalog. */
export function ruleStore(db: CatalogDb): RuleStore {
  return new RuleStore(db as unknown as RuleDb)
}

/** What corrected data said of alerts, in the catalog. */
export function verdictStore({ db, blockMs }: Catalog): VerdictStore {
  return new VerdictStore(db as unknown as VerdictDb, blockMs)
}

/** So long after a time its windows are in the hot store: what is late has come, and the window after it as well. */
export function judgingDelayMs({ speed }: Config): number {
  return parseDuration(speed.lateness) + WINDOW_MS
}
