import { isUtf8 } from 'node:buffer'
import { TidemarkError } from '../../schemas/errors.js'
import type { Limits } from '../../schemas/limits.js'
import { Kind } from '../../schemas/points.js'
import type { Label } from '../../schemas/series/series.js'
import type { DecodeOptions, Decoder } from '../decoder.js'
import type { PointSink } from '../sink.js'
import { parseDecimal } from '../text/decimal.js'
import { type StatsdCounters, zeroCounters } from './counters.js'
import { ALL_DIALECTS, type StatsdDialects } from './dialects.js'
import { GaugeStates } from './gauge-states.js'
import {
  type LineRules,
  parseStatsdLine,
  SAMPLE_ERRORS,
  type SampleError,
  type StatsdSample,
  type StatsdType,
} from './line.js'
import { type LineMeaning, LineMeanings } from './line-meanings.js'
import { LineScan } from './line-scan.js'
import { seriesKey } from './series-key.js'
import { SetCounts } from './set-counts.js'

/** What a StatsD body is decoded with. */
export interface StatsdOptions extends DecodeOptions {
  /** Number of the body's first line, 1 unless told: a stream goes on counting over its pieces. */
  firstLine?: number
}

/** How a StatsD decoder is set; all but the limits may be left out. */
export interface StatsdSettings {
  limits: Pick<Limits, 'gaugeStates' | 'statsdSetMembers'>
  /** Ways of writing tags; those not named are on. */
  dialects?: Partial<StatsdDialects>
  /** `underscore` (default): `.` and `-` of metric names become `_`. `keep`: names stay as sent. */
  names?: 'underscore' | 'keep'
  /** False: sets are refused. */
  sets?: boolean
  /** What a gauge without state starts from when it is changed by a signed value; without an answer, 0. */
  lastValue?: (metric: string, labels: readonly Label[]) => number | undefined
}

const CARRIAGE_RETURN = 0x0d
const COLON = 0x3a
const PLUS = 0x2b
const MINUS = 0x2d
/** How many left-out tags a refusal names, and how much of each. */
const TAGS_NAMED = 3
const TAG_CHARACTERS_NAMED = 40

/**
 * StatsD lines, in the dialects of DogStatsD, SignalFx, Librato and Influx, as points.
 *
 * Counters become event counters (the value already divided by the sample rate), timers, histograms and distributions
 * event timers (ms in seconds, weight 1 / rate), gauges samples, and sets a sample with the count of their distinct
 * members in each 10 s of arrival. What is not understood is refused and counted, by the rules of {@link
 * parseStatsdLine}. A line whose key is known costs no object; see {@link LineScan}.
 */
export class StatsdDecoder implements Decoder<StatsdOptions> {
  readonly counters: StatsdCounters = zeroCounters()
  readonly #rules: LineRules
  readonly #keepNames: boolean
  readonly #lastValue: NonNullable<StatsdSettings['lastValue']>
  readonly #scan = new LineScan()
  readonly #meanings = new LineMeanings()
  readonly #gauges: GaugeStates
  readonly #sets: SetCounts
  #epoch = -1

  constructor(settings: StatsdSettings) {
    const { gaugeStates, statsdSetMembers } = settings.limits
    this.#rules = { dialects: { ...ALL_DIALECTS, ...settings.dialects }, sets: settings.sets ?? true }
    this.#keepNames = settings.names === 'keep'
    this.#lastValue = settings.lastValue ?? (() => undefined)
    this.#gauges = new GaugeStates(gaugeStates)
    this.#sets = new SetCounts({ sets: gaugeStates, members: statsdSetMembers })
  }

  decode(body: Uint8Array, options: StatsdOptions, sink: PointSink): void {
    const { nowMs } = options
    this.#forgetVoidHandles(sink)
    this.flush(nowMs, sink)
    const scan = this.#scan
    let line = options.firstLine ?? 1
    for (let at = 0; at < body.length; at = scan.end + 1) {
      sink.position = line++
      this.counters.lines++
      const isKeyed = scan.read(body, at)
      const meaning = isKeyed ? this.#meanings.get(scan) : undefined
      if (meaning === undefined || !this.#addKnown(meaning, body, at, nowMs, sink)) {
        this.#addUnknown(body, at, isKeyed, nowMs, sink)
        this.#forgetVoidHandles(sink)
      }
    }
  }

  /** True if a window with sets has ended and {@link flush} has something to give. */
  isFlushDue(nowMs: number): boolean {
    return this.#sets.isDue(nowMs)
  }

  /**
   * Gives the counts of the sets whose 10 s have ended by `nowMs`, at the last ms of those. Decoding does the same
   * first; without traffic a timer has to.
   */
  flush(nowMs: number, sink: PointSink): void {
    this.#sets.flush(nowMs, sink)
  }

  #forgetVoidHandles(sink: PointSink): void {
    if (sink.epoch === this.#epoch) return
    this.#epoch = sink.epoch
    this.#meanings.clear()
  }

  /** Adds a line whose key is known. @returns false, with nothing added, if it has to be read in full */
  #addKnown(meaning: LineMeaning, body: Uint8Array, start: number, nowMs: number, sink: PointSink): boolean {
    const { valueStart, valueEnd, hasColon, timeMs } = this.#scan
    if (hasColon) return meaning.type === 'timer' && this.#addValues(meaning, body, nowMs, sink)
    if (meaning.type === 'set') {
      const isMember = valueStart < valueEnd && isUtf8(body.subarray(valueStart, valueEnd))
      if (!isMember || meaning.slotOwner !== this.#sets.window) return false
      this.#addMember(meaning.slot, body, valueStart, valueEnd, sink)
    } else {
      const value = parseDecimal(body, valueStart, valueEnd)
      if (!Number.isFinite(value)) return false
      if (meaning.type !== 'gauge') this.#addEvent(meaning, value, timeMs === -1 ? nowMs : timeMs, sink)
      else {
        if (meaning.slotOwner !== this.#gauges.ownerOf(meaning.slot)) return false
        const relative = body[valueStart] === PLUS || body[valueStart] === MINUS
        this.#addGauge(meaning, value, relative, timeMs, nowMs, sink)
      }
    }
    if (meaning.warning) this.#warn(meaning.warning, meaning.badTags, lineOf(body, start, this.#scan.end), sink)
    return true
  }

  /** Adds DogStatsD's `1:2:3`; all of it or, if one is no decimal, nothing. */
  #addValues(meaning: LineMeaning, body: Uint8Array, nowMs: number, sink: PointSink): boolean {
    const { valueStart, valueEnd, timeMs } = this.#scan
    if (meaning.warning) return false
    for (let adds = 0; adds < 2; adds++) {
      let start = valueStart
      for (let i = valueStart; i <= valueEnd; i++) {
        if (i < valueEnd && body[i] !== COLON) continue
        const value = parseDecimal(body, start, i)
        if (!Number.isFinite(value)) return false
        if (adds === 1) this.#addEvent(meaning, value, timeMs === -1 ? nowMs : timeMs, sink)
        start = i + 1
      }
    }
    return true
  }

  /** Reads a line in full, and remembers its meaning if every part of it was understood. */
  #addUnknown(body: Uint8Array, start: number, isKeyed: boolean, nowMs: number, sink: PointSink): void {
    const line = lineOf(body, start, this.#scan.end)
    const targets = new Map<StatsdType, Target>()
    const badTags: string[] = []
    let tagErrors = 0
    let errors = 0
    let meaning: LineMeaning | undefined
    const isUniform = parseStatsdLine(line, this.#rules, {
      sample: (sample) => {
        const { type, labels, divisor, weight } = sample
        let target = targets.get(type)
        if (target?.labels !== labels) {
          target = this.#resolve(sample, nowMs, sink)
          targets.set(type, target)
        }
        const { handle, slot, slotOwner } = target
        meaning = { type, handle, divisor, weight, slot, slotOwner, badTags: 0 }
        this.#addSample(meaning, sample, nowMs, sink)
      },
      sampleError: (reason, piece) => {
        errors++
        this.#refuseSample(reason, piece, sink)
      },
      tagError: (tag, samples) => {
        tagErrors += samples
        badTags.push(tag)
      },
      skipped: () => this.counters.skipped++,
    })
    const warning = badTags.length > 0 ? tagWarning(badTags) : undefined
    if (warning) this.#warn(warning, tagErrors, line, sink)
    if (!isKeyed || !isUniform || errors > 0 || meaning === undefined || !isResolved(meaning)) return
    if (warning && this.#scan.hasColon) return
    this.#meanings.set(this.#scan, { ...meaning, badTags: tagErrors, warning })
  }

  /** Finds where a line's samples of one type go. */
  #resolve({ type, name, labels }: StatsdSample, nowMs: number, sink: PointSink): Target {
    const metric = this.#keepNames ? name : name.replaceAll(/[.-]/g, '_')
    if (type === 'set') {
      const slot = this.#sets.slotOf(metric, labels, nowMs)
      return { labels, handle: -1, slot, slotOwner: this.#sets.window }
    }
    const handle = sink.series(metric, labels, KIND_OF[type])
    if (type !== 'gauge' || handle === -1) return { labels, handle, slot: -1, slotOwner: 0 }
    const slot = this.#gauges.slotOf(seriesKey(metric, labels), () => this.#lastValue(metric, labels) ?? 0)
    return { labels, handle, slot, slotOwner: this.#gauges.ownerOf(slot) }
  }

  #addSample(meaning: LineMeaning, sample: StatsdSample, nowMs: number, sink: PointSink): void {
    const { timeMs = -1 } = sample
    if (meaning.type === 'set') {
      const member = Buffer.from(sample.text)
      this.#addMember(meaning.slot, member, 0, member.length, sink)
    } else if (meaning.handle === -1) return
    else if (meaning.type === 'gauge') this.#addGauge(meaning, sample.value, sample.relative, timeMs, nowMs, sink)
    else this.#addEvent(meaning, sample.value, timeMs === -1 ? nowMs : timeMs, sink)
  }

  #addEvent(meaning: LineMeaning, value: number, timeMs: number, sink: PointSink): void {
    this.counters.samples++
    sink.add(meaning.handle, timeMs, value / meaning.divisor, meaning.weight)
  }

  #addGauge(meaning: LineMeaning, change: number, relative: boolean, timeMs: number, nowMs: number, sink: PointSink) {
    if (relative && !Number.isFinite(change)) {
      this.#refuseSample('malformed_value', `${change}`, sink)
      return
    }
    this.counters.samples++
    const value = this.#gauges.change(meaning.slot, change, relative)
    sink.add(meaning.handle, timeMs === -1 ? this.#gauges.nextTime(meaning.slot, nowMs) : timeMs, value, 1)
  }

  /** Adds a member to the set in `slot`, -1 if there was no slot for it. */
  #addMember(slot: number, source: Uint8Array, start: number, end: number, sink: PointSink): void {
    if (slot !== -1 && this.#sets.add(slot, source, start, end)) {
      this.counters.samples++
      return
    }
    const key = slot === -1 ? 'limits.gaugeStates' : 'limits.statsdSetMembers'
    sink.refuse(new TidemarkError('TM_STATSD_SETS', { key }), text(source, start, end))
  }

  #refuseSample(reason: SampleError, piece: string, sink: PointSink): void {
    this.counters.sampleErrors[reason]++
    sink.refuse(SYNTAX_ERRORS[reason], piece)
  }

  #warn(warning: TidemarkError, tagErrors: number, line: Uint8Array, sink: PointSink): void {
    this.counters.tagErrors += tagErrors
    sink.refuse(warning, text(line, 0, line.length))
  }
}

/** Where samples go; see {@link LineMeaning}. */
interface Target {
  labels: readonly Label[]
  handle: number
  slot: number
  slotOwner: number
}

const KIND_OF = { counter: Kind.EventCounter, timer: Kind.EventTimer, gauge: Kind.Sample, set: Kind.Sample } as const

function text(source: Uint8Array, start: number, end: number): string {
  return Buffer.from(source.buffer, source.byteOffset + start, end - start).toString()
}

/** One error a reason, made once: a flood of bad lines must not cost a stack trace each. */
const SYNTAX_ERRORS = Object.fromEntries(
  Object.entries(SAMPLE_ERRORS).map(([code, reason]) => [code, new TidemarkError('TM_LINE_SYNTAX', { reason })]),
) as Record<SampleError, TidemarkError>

/** The line in bytes [start, end), without the carriage return that some clients send before the newline. */
function lineOf(body: Uint8Array, start: number, end: number): Uint8Array {
  return body.subarray(start, end > start && body[end - 1] === CARRIAGE_RETURN ? end - 1 : end)
}

function tagWarning(tags: readonly string[]): TidemarkError {
  const named = tags.slice(0, TAGS_NAMED).map((tag) => JSON.stringify(tag.slice(0, TAG_CHARACTERS_NAMED)))
  const more = tags.length > TAGS_NAMED ? ` and ${tags.length - TAGS_NAMED} more` : ''
  const reason = `tags without a key or a value were left out, the point was kept: ${named.join(', ')}${more}`
  return new TidemarkError('TM_LINE_SYNTAX', { reason })
}

function isResolved(meaning: LineMeaning): boolean {
  return meaning.handle !== -1 || meaning.slot !== -1
}
