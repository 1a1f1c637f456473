import { Kind } from '../../schemas/points.js'
import type { DecodeOptions, Decoder } from '../decoder.js'
import { ByteCache } from '../identity/byte-cache.js'
import { hashBytes } from '../identity/byte-numbers.js'
import type { PointSink } from '../sink.js'
import { parseDecimal } from '../text/decimal.js'
import { type Fault, faultError, zeroByteError } from './faults.js'
import { readMetadataLine } from './metadata-line.js'
import { parseNumberWord } from './number.js'
import { decodeUtf8, hasZeroByte, readSeries } from './series-text.js'
import { attachTargetLabels, type TargetLabels } from './target-labels.js'

/** What the sender says the text is. The grammar read is the same; only the unit of timestamps differs. */
export type ExpositionFormat = 'prometheus' | 'openmetrics'

export interface ExpositionOptions extends DecodeOptions {
  /** `prometheus`: timestamps are ms; `openmetrics`: seconds with a fraction. Default `prometheus`. */
  format?: ExpositionFormat
  /** True: timestamps in the body are ignored. Default false. */
  ignoreTimestamps?: boolean
}

const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const QUOTE = 0x22
const HASH = 0x23
const BACKSLASH = 0x5c
const OPEN = 0x7b
const CLOSE = 0x7d

/** Metadata lines that a decoder remembers. */
const MAX_METADATA_LINES = 1 << 14

/** How much of a refused line is told, bytes. */
const REFUSED_TEXT_BYTES = 200

/**
 * Reads the Prometheus text format 0.0.4 and, leniently, OpenMetrics: what real exporters send. Comments, exemplars and
 * `# EOF` are passed over; a bad line is refused and the rest kept. All points are samples.
 *
 * Works on bytes: the raw text of a series is looked up in a cache, and only a text never met before is parsed.
 */
export class PrometheusTextDecoder implements Decoder<ExpositionOptions> {
  readonly #target: TargetLabels | undefined
  readonly #handles: ByteCache
  /** Metadata lines that have been passed on: exporters repeat them with every scrape. */
  readonly #described = new ByteCache(MAX_METADATA_LINES, MAX_METADATA_LINES * 128)
  #epoch = Number.NaN
  /** Value and time of the line being read. */
  #value = 0
  #timeMs = 0

  /** @param target labels that every series gets besides its own; @param handles where known series are remembered */
  constructor(target?: TargetLabels, handles: ByteCache = new ByteCache()) {
    this.#target = target
    this.#handles = handles
  }

  decode(body: Uint8Array, options: ExpositionOptions, sink: PointSink): void {
    if (sink.epoch !== this.#epoch) {
      this.#handles.clear()
      this.#described.clear()
      this.#epoch = sink.epoch
    }
    let line = 1
    for (let at = 0; at < body.length; line++) {
      sink.position = line
      const start = skipBlanks(body, at)
      if (start === body.length) return
      const first = body[start]
      if (first === LF) at = start + 1
      else if (first === HASH) at = this.#readComment(body, start, sink)
      else at = this.#readSample(body, start, options, sink)
    }
  }

  /** Passes on what a `# TYPE`, `# HELP` or `# UNIT` line says. @returns where the next line begins */
  #readComment(body: Uint8Array, start: number, sink: PointSink): number {
    const next = afterLine(body, start)
    if (sink.describe === undefined) return next
    const hash = hashBytes(body, start, next)
    if (this.#described.get(body, start, next, hash) !== -1) return next
    this.#described.set(body, start, next, hash, 0)
    const found = readMetadataLine(decodeUtf8(body, start, next) ?? '')
    if (found) sink.describe(found.metric, found.said)
    return next
  }

  /** Reads the sample that begins at `start`. @returns where the next line begins */
  #readSample(body: Uint8Array, start: number, options: ExpositionOptions, sink: PointSink): number {
    const seriesEnd = findSeriesEnd(body, start)
    if (seriesEnd === -1) return refuse(body, start, 'unclosed', sink)
    const end = this.#readValue(body, seriesEnd, options)
    if (typeof end === 'string') return refuse(body, start, end, sink)
    const hash = hashBytes(body, start, seriesEnd)
    let handle = this.#handles.get(body, start, seriesEnd, hash)
    if (handle === -1) {
      handle = this.#resolve(body, start, seriesEnd, sink)
      if (handle === -1) return end
      this.#handles.set(body, start, seriesEnd, hash, handle)
    }
    sink.add(handle, this.#timeMs, this.#value, 1)
    return end
  }

  /** Reads ` value [timestamp] [exemplar]` from `at` into the fields. @returns where the next line begins */
  #readValue(body: Uint8Array, at: number, options: ExpositionOptions): number | Fault {
    const start = skipBlanks(body, at)
    const end = skipToken(body, start)
    if (start === end) return 'noValue'
    let value = parseDecimal(body, start, end)
    if (Number.isNaN(value)) {
      const word = parseNumberWord(body, start, end)
      if (word === undefined) return 'value'
      value = word
    }
    this.#value = value
    this.#timeMs = options.nowMs
    let next = skipBlanks(body, end)
    if (!endsLine(body, next) && body[next] !== HASH) {
      const timeEnd = skipToken(body, next)
      const fault = this.#readTime(parseDecimal(body, next, timeEnd), options)
      if (fault !== undefined) return fault
      next = skipBlanks(body, timeEnd)
    }
    if (next === body.length) return next
    if (body[next] === LF) return next + 1
    return body[next] === HASH ? afterLine(body, next) : 'trailing'
  }

  #readTime(written: number, { format, ignoreTimestamps }: ExpositionOptions): Fault | undefined {
    if (!Number.isFinite(written)) return 'timestamp'
    if (format !== 'openmetrics' && !Number.isInteger(written)) return 'timestampMs'
    if (!ignoreTimestamps) this.#timeMs = format === 'openmetrics' ? Math.round(written * 1000) : written
    return undefined
  }

  /** The handle of a series text that is not in the cache, or -1 if it was refused. */
  #resolve(body: Uint8Array, start: number, end: number, sink: PointSink): number {
    const text = decodeUtf8(body, start, end)
    const series = text === undefined ? 'encoding' : readSeries(text, 'lenient')
    if (typeof series === 'string') {
      refuse(body, start, series, sink)
      return -1
    }
    if (hasZeroByte(series)) {
      sink.refuse(zeroByteError(), text)
      return -1
    }
    const labels = this.#target === undefined ? series.labels : attachTargetLabels(series.labels, this.#target)
    return sink.series(series.metric, labels, Kind.Sample)
  }
}

/** Index behind `name` or `name{…}`, or -1 if the line ends inside the braces. Quotes may hold braces. */
function findSeriesEnd(body: Uint8Array, start: number): number {
  let at = start
  while (at < body.length) {
    const byte = body[at]
    if (byte === OPEN) return findBraceEnd(body, at + 1)
    if (byte === SPACE || byte === TAB || byte === LF || byte === CR) break
    at++
  }
  const brace = skipBlanks(body, at)
  return body[brace] === OPEN ? findBraceEnd(body, brace + 1) : at
}

function findBraceEnd(body: Uint8Array, start: number): number {
  const length = body.length
  for (let at = start; at < length; at++) {
    const byte = body[at]
    if (byte === CLOSE) return at + 1
    if (byte === LF) return -1
    if (byte !== QUOTE) continue
    for (at++; at < length && body[at] !== QUOTE; at++) {
      if (body[at] === LF) return -1
      if (body[at] === BACKSLASH && body[at + 1] !== LF) at++
    }
  }
  return -1
}

function skipBlanks(body: Uint8Array, start: number): number {
  let at = start
  while (at < body.length && (body[at] === SPACE || body[at] === TAB || body[at] === CR)) at++
  return at
}

function skipToken(body: Uint8Array, start: number): number {
  let at = start
  while (at < body.length && body[at] > SPACE) at++
  return at
}

function endsLine(body: Uint8Array, at: number): boolean {
  return at >= body.length || body[at] === LF
}

/** Index behind the line feed of the line that holds `at`. */
function afterLine(body: Uint8Array, at: number): number {
  const lineFeed = body.indexOf(LF, at)
  return lineFeed === -1 ? body.length : lineFeed + 1
}

/** Refuses the line that begins at `start`. @returns where the next one begins */
function refuse(body: Uint8Array, start: number, fault: Fault, sink: PointSink): number {
  const next = afterLine(body, start)
  const shown = body.subarray(start, Math.min(next, start + REFUSED_TEXT_BYTES))
  sink.refuse(faultError(fault), Buffer.from(shown).toString('utf8').trimEnd())
  return next
}
