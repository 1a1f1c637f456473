import { addSample } from '../../schemas/aggregates/index.js'
import type { AnomalyRule } from '../../schemas/config/anomaly.js'
import type { Rollup } from '../../schemas/config/schema.js'
import { TidemarkError } from '../../schemas/errors.js'
import { encodeDictionary } from '../../schemas/log/dictionary.js'
import { encodeRecord, type LogRecord } from '../../schemas/log/record.js'
import type { PatternSource } from '../../schemas/ports/seasonal-patterns.js'
import type { WindowReader } from '../../schemas/ports/window-store.js'
import type { Matcher } from '../../schemas/series/matcher.js'
import { isScoreMetric, scoringOf } from '../../schemas/series/scored-series.js'
import { Series } from '../../schemas/series/series.js'
import { WINDOW_MS } from '../../schemas/time.js'
import { bareValue } from '../../schemas/windows/bare-value.js'
import type { WindowBatch } from '../../schemas/windows/columns.js'
import { DETECTORS } from './detectors.js'
import { PatternBook } from './pattern-book.js'
import { scoreSeriesOf } from './score-series.js'
import { TwoDayDetector } from './two-day-detector.js'

/** What is scored, and what it needs. */
export interface ScorerOptions {
  rules: readonly AnomalyRule[]
  /** Series scored at once, over all partitions of this process. */
  maxSeries: number
  rollups: readonly Rollup[]
  /** Closed windows: what a detector knew before a restart is learned from here again. */
  history: WindowReader
  patterns: PatternSource
  onError: (error: TidemarkError) => void
}

interface Scored {
  detector: TwoDayDetector
  series: readonly [Series, Series, Series]
}

/**
 * Scores closed windows of chosen series as they are flushed. Scores join the flush of the windows that they judge, and
 * go into the log as points, so that the archive has them and the batch view tells the same.
 */
export class Scorer {
  readonly #options: ScorerOptions
  readonly #scoring: ReturnType<typeof scoringOf>
  readonly #patterns: PatternBook
  /** By the series' object: partitions keep one for each series. */
  readonly #ruleOf = new WeakMap<Series, AnomalyRule | 'none'>()
  /** By partition and id of the series. */
  readonly #scored = new Map<number, Map<bigint, Scored>>()
  #isFullTold = false

  /** @throws TM_QUERY_REGEX if a rule's expression does not compile */
  constructor(options: ScorerOptions) {
    this.#options = options
    this.#scoring = scoringOf(options.rules, options.rollups)
    this.#patterns = new PatternBook(options.patterns)
  }

  /** Forgets a partition: who has it next learns its series from the hot store again. */
  drop(partition: number): void {
    for (const id of this.#scored.get(partition)?.keys() ?? []) this.#patterns.close(id)
    this.#scored.delete(partition)
  }

  /**
   * Makes the detectors of series that are new here, out of the hot store. To be called before {@link score}, with the same
   * batches; it may be called again. Throws what reading the hot store throws.
   */
  async prepare(batches: readonly WindowBatch[]): Promise<void> {
    for (const { partition, startMs, windows } of batches) {
      const scored = this.#ofPartition(partition)
      const unknown = [...new Set(windows.series.slice(0, windows.length))].filter(
        (source) => this.#ruleFor(source) !== 'none' && !scored.has(source.id),
      )
      if (unknown.length === 0) continue
      const added = unknown.slice(0, this.#roomFor(unknown.length, startMs))
      await this.#patterns.open(added.map(({ id }) => id))
      for (const source of added) {
        const detector = this.#detectorFor(source, startMs)
        for (const [start, value] of await this.#historyOf(source, startMs)) detector.update(start, value)
        scored.set(source.id, { detector, series: scoreSeriesOf(source) })
      }
    }
  }

  /** Learns of patterns that were trained since. To be called every 20 s or so. Throws TM_CATALOG_UNAVAILABLE. */
  async refreshPatterns(): Promise<void> {
    await this.#patterns.refresh()
  }

  /**
   * Judges the windows and adds the windows of their scores to each batch. Batches come in the order of their start, each
   * once.
   * @returns the scores as a log record, if there are any
   */
  score(batches: readonly WindowBatch[], nowMs: number): Uint8Array | undefined {
    const points = new ScorePoints()
    for (const { partition, startMs, windows } of batches) {
      const ofPartition = this.#ofPartition(partition)
      const rows = windows.length
      for (let row = 0; row < rows; row++) {
        const scored = ofPartition.get(windows.series[row].id)
        const value = bareValue(windows, row)
        if (!scored || Number.isNaN(value)) continue
        const { score, lower, upper, warm } = scored.detector.update(startMs, value)
        // During the warm-up there is nothing to tell.
        if (!warm) continue
        for (const [i, told] of [score, lower, upper].entries()) {
          const series = scored.series[i]
          addSample(windows, windows.push(series, startMs), startMs + WINDOW_MS, told, false)
          points.add(series, startMs + WINDOW_MS, told)
        }
      }
      windows.settle()
    }
    return points.encode(nowMs)
  }

  #ofPartition(partition: number): Map<bigint, Scored> {
    let scored = this.#scored.get(partition)
    if (!scored) {
      scored = new Map()
      this.#scored.set(partition, scored)
    }
    return scored
  }

  #ruleFor(source: Series): AnomalyRule | 'none' {
    let rule = this.#ruleOf.get(source)
    if (rule === undefined) {
      rule = this.#scoring(source) ?? 'none'
      this.#ruleOf.set(source, rule)
    }
    return rule
  }

  #detectorFor(source: Series, startMs: number): TwoDayDetector {
    const rule = this.#ruleFor(source)
    if (rule === 'none') throw new RangeError(`${source} is not scored`)
    const patternsAt = (timeMs: number) => this.#patterns.at(source.id, timeMs)
    return new TwoDayDetector(() => DETECTORS[rule.detector].make(patternsAt), TwoDayDetector.knownFrom(startMs))
  }

  /**
   * How many of `wanted` series find room. Series that fell silent before yesterday make some: what they had seen would
   * not count any more.
   */
  #roomFor(wanted: number, startMs: number): number {
    const { maxSeries, onError } = this.#options
    if (this.#count() + wanted <= maxSeries) return wanted
    for (const ofPartition of this.#scored.values())
      for (const [id, { detector }] of ofPartition)
        if (detector.isOutdated(startMs)) {
          ofPartition.delete(id)
          this.#patterns.close(id)
        }
    const room = Math.max(0, maxSeries - this.#count())
    if (room < wanted && !this.#isFullTold) {
      onError(new TidemarkError('TM_ANOMALY_SERIES', { limit: maxSeries }))
      this.#isFullTold = true
    }
    return Math.min(wanted, room)
  }

  #count(): number {
    let count = 0
    for (const ofPartition of this.#scored.values()) count += ofPartition.size
    return count
  }

  /** Start and value of the windows that a detector of this age would have seen, in order. */
  async #historyOf(source: Series, beforeMs: number): Promise<[number, number][]> {
    const matchers: Matcher[] = [['__name__', source.metric] as const, ...source.labels].map(([name, value]) => ({
      name,
      op: '=',
      value,
    }))
    const history: [number, number][] = []
    const selection = { matchers, startMs: TwoDayDetector.knownFrom(beforeMs), endMs: beforeMs }
    for await (const windows of this.#options.history.read(selection)) {
      for (let row = 0; row < windows.length; row++) {
        if (windows.series[row].id !== source.id) continue
        const value = bareValue(windows, row)
        if (!Number.isNaN(value)) history.push([windows.start[row], value])
      }
    }
    return history.sort(([a], [b]) => a - b)
  }
}

/** True if a record holds scores: they were flushed when they were made. */
export function holdsScores(record: LogRecord): boolean {
  for (let i = 0; i < record.seriesCount; i++) {
    const series = Series.known(record.canonical(i), 0, 0)
    if (!isScoreMetric(series.metric)) return false
  }
  return record.seriesCount > 0
}

/** Points of scores on their way into a log record. */
class ScorePoints {
  readonly #series = new Map<bigint, { index: number; series: Series }>()
  readonly #indexes: number[] = []
  readonly #times: number[] = []
  readonly #values: number[] = []

  add(series: Series, timeMs: number, value: number): void {
    let known = this.#series.get(series.id)
    if (!known) {
      known = { index: this.#series.size, series }
      this.#series.set(series.id, known)
    }
    this.#indexes.push(known.index)
    this.#times.push(timeMs)
    this.#values.push(value)
  }

  encode(receivedMs: number): Uint8Array | undefined {
    if (this.#values.length === 0) return undefined
    const series = [...this.#series.values()].map((known) => known.series)
    return encodeRecord({
      dictionary: encodeDictionary(series),
      pointCount: this.#values.length,
      seriesIndex: Uint32Array.from(this.#indexes),
      timeMs: Float64Array.from(this.#times),
      value: Float64Array.from(this.#values),
      receivedMs,
    })
  }
}
