import { sql } from 'kysely'
import type { LogBounds } from '../../schemas/ports/log.js'
import type { Closing, Completeness, SpeedProgress } from '../../schemas/ports/speed-progress.js'
import type { CatalogDb } from './tables.js'

/** The speed layer's progress in the catalog: a row for each offset at which windows closed. */
export class CatalogSpeedProgress implements SpeedProgress {
  readonly #db: CatalogDb

  constructor(db: CatalogDb) {
    this.#db = db
  }

  async note(closings: readonly Closing[]): Promise<void> {
    if (closings.length === 0) return
    // One statement may touch a row once: of several closings at one offset the last says it all.
    const newest = new Map(closings.map((closing) => [`${closing.partition}:${closing.offset}`, closing]))
    const rows = [...newest.values()].map(({ partition, offset, throughMs }) => ({
      partition,
      log_offset: offset,
      through_ms: throughMs,
    }))
    await this.#db
      .insertInto('speed_progress')
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .columns(['partition', 'log_offset'])
          .doUpdateSet((eb) => ({ through_ms: eb.ref('excluded.through_ms') })),
      )
      .execute()
  }

  async forget(partition: number, afterOffset: number): Promise<void> {
    await this.#db
      .deleteFrom('speed_progress')
      .where('partition', '=', partition)
      .where('log_offset', '>', afterOffset)
      .execute()
  }

  async complete(claims: readonly Completeness[], partitions: number): Promise<void> {
    const rows = Array.from({ length: partitions }, (_, partition) => ({ partition, through_ms: 0, closed_ms: 0 }))
    for (const { partition, throughMs, closedMs } of claims)
      rows[partition] = { partition, through_ms: throughMs, closed_ms: closedMs }
    const claimed = claims.map(({ partition }) => partition)
    await this.#db
      .insertInto('speed_complete')
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .column('partition')
          .doUpdateSet((eb) => ({
            through_ms: eb.ref('excluded.through_ms'),
            closed_ms: eb.ref('excluded.closed_ms'),
          }))
          // Of the others somebody else knows more.
          .where(sql<boolean>`excluded.partition = ANY(${claimed}::integer[])`),
      )
      .execute()
  }

  /**
   * Every window that ends at or before the answer (ms) was closed and stored by the speed layer, and its late points
   * counted, when it had read the log to these offsets, by partition; -Infinity if it has not read that far.
   * @param bounds of tidemark.points: the partitions that there are
   */
  async closedThroughMs(readTo: ReadonlyMap<number, number>, bounds: readonly LogBounds[]): Promise<number> {
    const times = await Promise.all(
      bounds.map(({ partition }) => this.#partitionThroughMs(partition, readTo.get(partition))),
    )
    return Math.min(...times)
  }

  /** Drops closings before `beforeMs`, but for the newest of each partition. */
  async trim(beforeMs: number): Promise<void> {
    await sql`DELETE FROM speed_progress AS old USING (
      SELECT partition, max(log_offset) AS newest FROM speed_progress GROUP BY partition) AS kept
      WHERE old.partition = kept.partition AND old.log_offset < kept.newest AND old.through_ms < ${beforeMs}`.execute(
      this.#db,
    )
  }

  async #partitionThroughMs(partition: number, offset: number | undefined): Promise<number> {
    // Where no record was read there is no window that anyone must wait for.
    if (offset === undefined) return Number.POSITIVE_INFINITY
    const { rows } = await sql<{ stored_to: number | null; through_ms: number | null }>`
      SELECT max(log_offset) AS stored_to,
             (SELECT through_ms FROM speed_progress WHERE partition = ${partition} AND log_offset <= ${offset}
              ORDER BY log_offset DESC LIMIT 1) AS through_ms
      FROM speed_progress WHERE partition = ${partition}`.execute(this.#db)
    const [{ stored_to: storedTo, through_ms: throughMs }] = rows
    if (storedTo === null || throughMs === null || offset > storedTo) return Number.NEGATIVE_INFINITY
    return throughMs
  }
}
