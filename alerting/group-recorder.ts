import { asTidemarkError, TidemarkError } from '../schemas/errors.js'
import type { RecordingStatus } from '../schemas/ports/rules.js'
import { type AskOptions, askOnce } from './ask.js'
import { RecentPoints } from './recent-points.js'
import {
  type RecordedPoint,
  type RecordedSeries,
  recordedPoints,
  type StoredPoint,
  seriesOfPoints,
  staleMarkers,
} from './record.js'
import { isRecording, type RecordingRule, type RuleGroup } from './rule-file.js'

/** Times that are made up for after a pause: what was missed before stays missing. */
const MAX_STEPS = 360

/** What recording rules are evaluated with. */
export interface RecordOptions extends AskOptions {
  /** Stores points like anyone's; rejects if they are not stored. Points that were stored already change nothing. */
  write: (points: readonly StoredPoint[]) => Promise<void>
  /** ms that only grow, for how long an evaluation took. */
  now: () => number
}

/** One rule, and how it stands. */
interface Recorded {
  rule: RecordingRule
  /** Of its last evaluation; undefined: not known. */
  series: RecordedSeries | undefined
  failure?: string
  tookMs: number
}

/** The newest time of the group's grid at which its recording rules can be evaluated: see {@link GroupRecorder}. */
export function recordableMs(
  { intervalMs, queryOffsetMs = 0 }: Pick<RuleGroup, 'intervalMs' | 'queryOffsetMs'>,
  nowMs: number,
  latenessMs: number,
): number {
  // Agents have delivered most of what they will by then, and the results still come in time themselves.
  const delayMs = Math.round((latenessMs * 2) / 3)
  return Math.floor((nowMs - delayMs + queryOffsetMs) / intervalMs) * intervalMs
}

/**
 * Evaluates the recording rules of a group in order, each time of its grid after the other, and writes what they give.
 *
 * A point that a rule records at T must come before the windows up to T are closed, as anyone's must: else it is late,
 * and seen only once its block was recomputed. So recording rules are evaluated before alerts are judged, on windows
 * that are still open; an alert that reads what they recorded is judged on closed windows that have it.
 */
export class GroupRecorder {
  readonly group: RuleGroup
  readonly #options: RecordOptions
  readonly #rules: Recorded[]
  readonly #recent = new RecentPoints()
  #recordedMs: number | undefined

  /** @param recordedMs up to when the group was recorded before a restart */
  constructor(group: RuleGroup, options: RecordOptions, recordedMs?: number) {
    this.group = group
    this.#options = options
    this.#recordedMs = recordedMs
    const series = recordedMs === undefined ? new Map() : undefined
    this.#rules = group.rules.filter(isRecording).map((rule) => ({ rule, series, tookMs: 0 }))
  }

  /**
   * Records at each time of the grid that is still to come up to `toMs`. A rule that fails records nothing at that time.
   * Rejects if points are not taken: the next call records them.
   */
  async record(toMs: number): Promise<void> {
    if (this.#rules.length === 0) return
    const { intervalMs } = this.group
    const doneMs = this.#recordedMs ?? toMs - intervalMs
    for (
      let timeMs = Math.max(doneMs + intervalMs, toMs - MAX_STEPS * intervalMs);
      timeMs <= toMs;
      timeMs += intervalMs
    ) {
      await this.#recordAt(timeMs, doneMs)
      this.#recordedMs = timeMs
    }
  }

  status(): RecordingStatus[] {
    return this.#rules.map(({ rule, failure, tookMs }) => ({
      record: rule.record,
      query: rule.text,
      labels: Object.fromEntries(rule.labels.map(({ name, text }) => [name, text])),
      health: failure ? 'err' : this.#recordedMs === undefined ? 'unknown' : 'ok',
      lastError: failure,
      judgedMs: this.#recordedMs,
      tookMs,
    }))
  }

  async #recordAt(timeMs: number, doneMs: number): Promise<void> {
    const { queryOffsetMs = 0 } = this.group
    const atMs = timeMs - queryOffsetMs
    this.#recent.forgetFrom(atMs)
    const written: StoredPoint[] = []
    const evaluated: (() => void)[] = []
    for (const recorded of this.#rules) {
      const startedMs = this.#options.now()
      try {
        const before = recorded.series ?? (await this.#seriesAt(recorded.rule, doneMs - queryOffsetMs))
        const points = await this.#evaluate(recorded.rule, atMs)
        const series = seriesOfPoints(points)
        const all = [...points, ...staleMarkers(before, series, atMs)]
        this.#recent.add(all)
        written.push(...all)
        recorded.failure = undefined
        evaluated.push(() => {
          recorded.series = series
        })
      } catch (thrown) {
        const reason = asTidemarkError(thrown).message
        recorded.failure = new TidemarkError('TM_RULE_FAILED', { alert: recorded.rule.record, reason }).message
      }
      recorded.tookMs = this.#options.now() - startedMs
    }
    if (written.length > 0) await this.#options.write(written)
    // Only what is stored has to be ended once it is gone.
    for (const remember of evaluated) remember()
  }

  async #evaluate(rule: RecordingRule, atMs: number): Promise<StoredPoint[]> {
    const open = async () => this.#recent.over(await this.#options.open())
    const points = recordedPoints(rule, await askOnce(rule, atMs, { ...this.#options, open }), this.group, atMs)
    if (points.every(isStorable)) return points
    throw new Error('it gives native histograms, which cannot be recorded: record quantiles, or sums and counts')
  }

  /** What a rule gave before a restart, as its expression tells it now. */
  async #seriesAt(rule: RecordingRule, atMs: number): Promise<RecordedSeries> {
    return seriesOfPoints(await this.#evaluate(rule, atMs))
  }
}

function isStorable(point: RecordedPoint): point is StoredPoint {
  return typeof point.value !== 'object'
}
