import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { TRAINED_DETECTORS } from '../../schemas/config/anomaly.js'
import type { BatchView, Snapshot } from '../../schemas/ports/batch-view.js'
import { matchersOf, scoringOf } from '../../schemas/series/scored-series.js'
import type { Series } from '../../schemas/series/series.js'
import { alignDown, alignUp, type Clock, TIER_MS, type TimeRange, WINDOW_MS } from '../../schemas/time.js'
import { CatalogPatterns, type Training } from '../catalog/seasonal-patterns.js'
import type { CatalogDb } from '../catalog/tables.js'
import type { BatchSettings } from '../settings.js'
import type { TrainedPage, TrainingKind, TrainingPlan } from '../work.js'
import { readHistory, TRAINED_TIER } from './history.js'
import { type Readings, trainPatterns } from './train.js'

const PERIODS_MS = [TIER_MS['1d'], 7 * TIER_MS['1d']]
/** Series that are read at once: four weeks of one are 8,000 readings. */
const PAGE = 20
/** The speed layer has this long to hear of new patterns before they count, ms. */
const ADOPTION_MS = 60_000

/** What training works with. */
export interface TrainingParts {
  catalog: { db: CatalogDb; blockMs: number }
  view: BatchView
  clock: Clock
  settings: Pick<BatchSettings, 'anomaly' | 'rollups'>
}

/** A series and what it is to be trained on. */
interface Due {
  series: Series
  range: TimeRange
  before?: Training
}

/** Trains the seasonal patterns of the series that are scored, on the batch view. */
export class PatternTraining {
  readonly #parts: TrainingParts
  readonly #stored: CatalogPatterns
  readonly #scoring: ReturnType<typeof scoringOf>

  constructor(parts: TrainingParts) {
    this.#parts = parts
    this.#stored = new CatalogPatterns(parts.catalog.db)
    this.#scoring = scoringOf(parts.settings.anomaly.rules, parts.settings.rollups)
  }

  /** Fixes what a run trains on: whole days, as far as they are sealed. Forgets series that are gone. */
  async plan(kind: TrainingKind): Promise<TrainingPlan> {
    const { settings, view, clock } = this.#parts
    const { epoch, frontierMs, heldFromMs } = await view.snapshot()
    const sealedMs = alignDown(frontierMs, TIER_MS[TRAINED_TIER])
    const endMs = Math.min(alignDown(clock(), TIER_MS['1d']), sealedMs)
    const startMs = Math.max(endMs - settings.anomaly.historyMs, heldFromMs[TRAINED_TIER] ?? Number.NEGATIVE_INFINITY)
    if (kind === 'all') await this.#stored.dropBefore(endMs - settings.anomaly.historyMs)
    return { kind, range: { startMs, endMs }, epoch }
  }

  /** Trains the next series of a run, those after `afterId`. Repeated, it leaves alone what it has done. */
  async page(plan: TrainingPlan, afterId?: string): Promise<TrainedPage> {
    const snapshot = await this.#parts.view.snapshot()
    const { due, next } = await (plan.kind === 'all'
      ? this.#nextOfAll(plan, snapshot, afterId)
      : this.#nextCorrected(snapshot, afterId))
    const page: TrainedPage = { trained: 0, unchanged: 0, tooShort: 0 }
    if (next !== undefined) page.next = next
    for (const [range, part] of byRange(due)) {
      const history = await readHistory(
        this.#parts.view,
        snapshot,
        range,
        part.map(({ series }) => series),
      )
      for (const one of part) page[await this.#train(one, history.get(one.series.id), snapshot)]++
    }
    return page
  }

  async #nextOfAll(plan: TrainingPlan, snapshot: Snapshot, afterId?: string): Promise<{ due: Due[]; next?: string }> {
    const all = await this.#trainable(snapshot, plan.range)
    const left = all.filter(({ id }) => afterId === undefined || id > BigInt(afterId))
    const series = left.slice(0, PAGE)
    const known = new Map((await this.#stored.newest(series.map(({ id }) => id))).map((one) => [one.seriesId, one]))
    const due = series
      .map((one) => ({ series: one, range: plan.range, before: known.get(one.id) }))
      // What a killed try of this page has done already.
      .filter(({ before }) => !(before && isSame(before.range, plan.range) && before.checkedEpoch >= plan.epoch))
    return { due, ...(left.length > PAGE && { next: series[series.length - 1].id.toString() }) }
  }

  async #nextCorrected(snapshot: Snapshot, afterId?: string): Promise<{ due: Due[]; next?: string }> {
    const after = afterId === undefined ? undefined : BigInt(afterId)
    const corrected = await this.#stored.corrected(after, PAGE, this.#parts.catalog.blockMs)
    const ranges = corrected.map(({ range }) => range)
    const over = {
      startMs: Math.min(...ranges.map(({ startMs }) => startMs)),
      endMs: Math.max(...ranges.map(({ endMs }) => endMs)),
    }
    const known = new Map(
      (corrected.length > 0 ? await this.#trainable(snapshot, over) : []).map((one) => [one.id, one]),
    )
    const due: Due[] = []
    for (const before of corrected) {
      const series = known.get(before.seriesId)
      if (series) due.push({ series, range: before.range, before })
      // No rule asks for it any more.
      else await this.#stored.confirm(before.seriesId, snapshot.epoch)
    }
    return { due, ...(corrected.length === PAGE && { next: corrected[PAGE - 1].seriesId.toString() }) }
  }

  /** The series whose detector judges by a pattern, in the order of their ids. */
  async #trainable(snapshot: Snapshot, range: TimeRange): Promise<Series[]> {
    const found = new Map<bigint, Series>()
    for (const rule of this.#parts.settings.anomaly.rules) {
      if (!TRAINED_DETECTORS.has(rule.detector)) continue
      for (const series of await this.#parts.view.series(snapshot, range, matchersOf(rule)))
        if (this.#scoring(series) === rule) found.set(series.id, series)
    }
    return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  async #train(
    { series, range, before }: Due,
    readings: Readings | undefined,
    { epoch }: Snapshot,
  ): Promise<'trained' | 'unchanged' | 'tooShort'> {
    // Training is a long computation: what else this process does gets its turn.
    await setImmediate()
    const settled = async (outcome: 'unchanged' | 'tooShort') => {
      if (before) await this.#stored.confirm(series.id, epoch)
      return outcome
    }
    if (!readings) return settled('tooShort')
    const digest = digestOf(readings)
    if (before && isSame(before.range, range) && before.digest === digest) return settled('unchanged')
    const patterns = await patternsOf(readings)
    if (!patterns) return settled('tooShort')
    const nowMs = this.#parts.clock()
    await this.#stored.store({
      seriesId: series.id,
      fromMs: alignUp(nowMs + ADOPTION_MS, WINDOW_MS),
      patterns,
      epoch,
      range,
      readings: readings.values.length,
      digest,
      trainedMs: nowMs,
    })
    return 'trained'
  }
}

/** Undefined if the readings hold no season twice. */
async function patternsOf(readings: Readings) {
  try {
    const patterns = await trainPatterns(readings, PERIODS_MS, setImmediate)
    // Seven digits: far below what training can tell, and half as much to store.
    return patterns.map(({ periodMs, phases }) => ({ periodMs, phases: phases.map((x) => Number(x.toPrecision(7))) }))
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined
    throw thrown
  }
}

function isSame(a: TimeRange, b: TimeRange): boolean {
  return a.startMs === b.startMs && a.endMs === b.endMs
}

function byRange(due: readonly Due[]): [TimeRange, Due[]][] {
  const groups = new Map<string, [TimeRange, Due[]]>()
  for (const one of due) {
    const key = `${one.range.startMs} ${one.range.endMs}`
    const group = groups.get(key)
    if (group) group[1].push(one)
    else groups.set(key, [one.range, [one]])
  }
  return [...groups.values()]
}

function digestOf({ timesMs, values }: Readings): string {
  const numbers = Float64Array.from([...timesMs, ...values])
  return createHash('sha256').update(new Uint8Array(numbers.buffer)).digest('hex')
}
