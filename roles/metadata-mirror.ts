import { readMetadata } from '../batch/catalog/metadata.js'
import type { CatalogDb } from '../batch/catalog/tables.js'
import type { MetricMetadata } from '../schemas/metadata.js'

/** Gateways' clocks may differ by this much, ms: what is a little older than the newest is asked for again. */
const OVERLAP_MS = 60_000

/** What all gateways heard of metrics, as far as the catalog had it at the last refresh. */
export class MetadataMirror {
  readonly #db: CatalogDb
  readonly #most: number
  readonly #known = new Map<string, MetricMetadata>()
  #newestMs = 0

  /** @param most metrics that are kept */
  constructor(db: CatalogDb, most: number) {
    this.#db = db
    this.#most = most
  }

  /** Takes over what is new. Throws TM_CATALOG_UNAVAILABLE. */
  async refresh(): Promise<void> {
    const rows = await readMetadata(this.#db, this.#newestMs - OVERLAP_MS, this.#most)
    for (const { metric, saidMs, ...metadata } of rows.reverse()) {
      this.#known.delete(metric)
      this.#known.set(metric, metadata)
      this.#newestMs = Math.max(this.#newestMs, saidMs)
    }
    for (const metric of this.#known.keys()) {
      if (this.#known.size <= this.#most) return
      this.#known.delete(metric)
    }
  }

  all(): ReadonlyMap<string, MetricMetadata> {
    return this.#known
  }
}
