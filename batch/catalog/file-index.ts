import { TIERS, type Tier, type TimeRange } from '../../schemas/time.js'
import { behind, readState, readTogether } from './catalog.js'
import type { CurrentFile } from './files.js'
import { hiddenSpans } from './hidden-spans.js'
import type { CatalogDb, CatalogTx } from './tables.js'

/** A tier's file and the epochs at which it is current: from (inclusive) to (exclusive). */
interface IndexedFile extends Omit<CurrentFile, 'hidden'> {
  tier: Tier
  epochTo: number
}

/** Rows that the index may hold beyond those it was filled with before it is filled anew, which drops swept ones. */
const GROWTH_ROWS = 10_000

/**
 * The catalog's tier files in memory: a query that opens nothing new asks the catalog for its state alone. Catches up
 * when an epoch comes that it has not seen; files of an epoch never change.
 */
export class FileIndex {
  readonly #db: CatalogDb
  readonly #files = new Map<number, IndexedFile>()
  #byTier = new Map<Tier, IndexedFile[]>()
  #epoch = 0
  #filledRows = 0
  #turn: Promise<void> = Promise.resolve()

  constructor(db: CatalogDb) {
    this.#db = db
  }

  /** The tier's files that are current at the epoch and overlap the range, by span. Throws TM_CATALOG_UNAVAILABLE. */
  async at(epoch: number, tier: Tier, range: TimeRange): Promise<CurrentFile[]> {
    if (epoch > this.#epoch) await this.#catchUp(epoch)
    const files = (this.#byTier.get(tier) ?? []).filter(
      (file) =>
        file.spanStart < range.endMs && file.spanEnd > range.startMs && file.epochFrom <= epoch && file.epochTo > epoch,
    )
    const hidden = hiddenSpans(files)
    return files.map((file, place) => ({ ...file, hidden: hidden[place] }))
  }

  #catchUp(epoch: number): Promise<void> {
    const turn = this.#turn.then(async () => {
      if (epoch <= this.#epoch) return
      await readTogether(this.#db, async (tx) => {
        const { epoch: shown } = await readState(tx)
        if (shown < epoch) throw behind(epoch, shown)
        await this.#fetch(tx, shown)
      })
    })
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  /** Reads what the catalog has got since the last time. @param epoch the newest one that the transaction shows */
  async #fetch(tx: CatalogTx, epoch: number): Promise<void> {
    const anew = this.#epoch === 0 || this.#files.size > this.#filledRows + GROWTH_ROWS
    const since = anew ? 0 : this.#epoch
    const rows = await tx
      .selectFrom('tier_files')
      .select(['id', 'key', 'tier', 'windows', 'bytes', 'span_start as spanStart', 'span_end as spanEnd'])
      .select(['epoch_from as epochFrom', 'epoch_to', 'metric_from as metricFrom', 'metric_to as metricTo'])
      .where((eb) => eb.or([eb('epoch_from', '>', since), eb('epoch_to', '>', since)]))
      .execute()
    if (anew) this.#files.clear()
    for (const { epoch_to: epochTo, tier, ...file } of rows) {
      this.#files.set(file.id, { ...file, tier: tier as Tier, epochTo: epochTo ?? Number.POSITIVE_INFINITY })
    }
    if (anew) this.#filledRows = this.#files.size
    else if (await this.#holdsSwept(tx)) {
      this.#epoch = 0
      return this.#fetch(tx, epoch)
    }
    this.#byTier = new Map(TIERS.map((tier) => [tier, []]))
    for (const file of this.#files.values()) this.#byTier.get(file.tier)?.push(file)
    for (const files of this.#byTier.values()) files.sort((a, b) => a.spanStart - b.spanStart || a.id - b.id)
    this.#epoch = epoch
  }

  /** True if files were retired and swept since the last look: their rows are gone, so nothing says that they are. */
  async #holdsSwept(tx: CatalogTx): Promise<boolean> {
    const { current } = await tx
      .selectFrom('tier_files')
      .select((eb) => eb.fn.countAll<number>().as('current'))
      .where('epoch_to', 'is', null)
      .executeTakeFirstOrThrow()
    let held = 0
    for (const { epochTo } of this.#files.values()) if (epochTo === Number.POSITIVE_INFINITY) held++
    return held > Number(current)
  }
}
