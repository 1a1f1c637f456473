import { TidemarkError } from '../../../schemas/errors.js'
import type { Matcher } from '../../../schemas/series/matcher.js'
import { readTimeInterval, type TimeIntervalText } from '../config/read-interval.js'
import type { MaintenanceWindow } from '../mutes.js'
import { checkMatchers } from '../silence.js'
import type { DispatchDb } from './tables.js'

/** A maintenance window as it is asked for and shown. */
export interface MaintenanceText {
  name: string
  matchers: readonly Matcher[]
  intervals: readonly TimeIntervalText[]
  createdBy: string
  /** Why. */
  comment: string
}

/** Maintenance windows in the catalog. All throw TM_CATALOG_UNAVAILABLE, retriable. */
export class MaintenanceStore {
  readonly #db: DispatchDb

  constructor(db: DispatchDb) {
    this.#db = db
  }

  async all(): Promise<(MaintenanceText & { updatedMs: number })[]> {
    const rows = await this.#db.selectFrom('maintenance_windows').selectAll().orderBy('name').execute()
    return rows.map((row) => ({
      name: row.name,
      matchers: row.matchers as Matcher[],
      intervals: row.intervals as TimeIntervalText[],
      createdBy: row.created_by,
      comment: row.comment,
      updatedMs: row.updated_ms,
    }))
  }

  /** Adds a window, or takes the place of the one of this name. @throws TM_MAINTENANCE that says what is wrong */
  async set({ name, matchers, intervals, createdBy, comment }: MaintenanceText, nowMs: number): Promise<void> {
    try {
      checkMatchers(matchers)
      if (intervals.length === 0) throw new Error('it has no time interval')
      for (const interval of intervals) readTimeInterval(interval)
    } catch (cause) {
      throw new TidemarkError('TM_MAINTENANCE', { name, reason: (cause as Error).message }, cause)
    }
    const row = {
      matchers: JSON.stringify(matchers),
      intervals: JSON.stringify(intervals),
      created_by: createdBy,
      comment,
      updated_ms: nowMs,
    }
    await this.#db
      .insertInto('maintenance_windows')
      .values({ name, ...row })
      .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
      .execute()
  }

  /** @throws TM_NOT_FOUND */
  async remove(name: string): Promise<void> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('maintenance_windows')
      .where('name', '=', name)
      .executeTakeFirst()
    if (numDeletedRows > 0) return
    const fix = '`tidemark maintenance list` shows the windows that there are'
    throw new TidemarkError('TM_NOT_FOUND', { what: `the maintenance window ${name}`, fix })
  }
}

/** The window, ready to mute. */
export function maintenanceWindow({ name, matchers, intervals }: MaintenanceText): MaintenanceWindow {
  return { name, matchers, intervals: intervals.map(readTimeInterval) }
}
