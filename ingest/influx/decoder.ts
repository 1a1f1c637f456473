import { TidemarkError } from '../../schemas/errors.js'
import { Kind } from '../../schemas/points.js'
import type { Label } from '../../schemas/series/series.js'
import type { DecodeOptions, Decoder } from '../decoder.js'
import { ByteNumbers, hashBytes } from '../identity/byte-numbers.js'
import type { PointSink } from '../sink.js'
import { KEY_ESCAPES, MEASUREMENT_ESCAPES, unescapeText } from './escape.js'
import { HandleChains } from './handle-chains.js'
import { KnownLine, type LineMemory } from './known-line.js'
import { LineParser } from './line-parser.js'
import type { Precision } from './precision.js'
import { FieldKind } from './slots.js'

export interface InfluxOptions extends DecodeOptions {
  /** Unit of the timestamps; nanoseconds unless given. */
  precision?: Precision
}

/** Keys (measurement and tags) and field keys at which everything remembered is forgotten, and the bytes of each. */
const MAX_KEYS = 1 << 20
const MAX_KEY_BYTES = 256 << 20
const MAX_NAMES = 65_536
const MAX_NAME_BYTES = 16 << 20

/** The label that stands for the metric's name in queries; no tag can be it. */
const METRIC_NAME_LABEL = '__name__'

/** Refusals of one request that get an error of their own; a body of nothing but bad lines must stay cheap. */
const MAX_DETAILED_REFUSALS = 1000
const REFUSED_TEXT_BYTES = 512

/**
 * InfluxDB line protocol. A field becomes the sample series `<measurement>_<field>`, or just `<measurement>` if it is
 * called `value`; tags become labels; booleans become 1 and 0; strings are no points.
 *
 * A line is read to its end before any of its points is added, so that a bad field refuses the whole line. A line that
 * comes where one like it came before is compared with it, its numbers apart; it makes no string and no object.
 */
export class InfluxDecoder implements Decoder<InfluxOptions> {
  /** String fields left out since the start. */
  skippedStringFields = 0

  readonly #line = new LineParser()
  readonly #known = new KnownLine()
  #memory = nothingKnown()
  /** True if something was remembered since it was looked at how much that is. */
  #hasGrown = true
  #epoch = NaN
  #detailedRefusals = 0

  decode(body: Uint8Array, { nowMs, precision = 'ns' }: InfluxOptions, sink: PointSink): void {
    if (sink.epoch !== this.#epoch) this.#forget()
    this.#epoch = sink.epoch
    this.#detailedRefusals = 0
    const line = this.#line
    const known = this.#known
    line.open(body, precision)
    known.open(body)
    let previous = -1
    for (;;) {
      if (known.read(line.offset, previous, this.#memory, line.time)) {
        line.pass(known.next)
        sink.position = line.number
        for (let i = 0; i < known.count; i++) sink.add(known.handles[i], line.time.ms, known.values[i], 1)
        previous = known.key
        continue
      }
      if (!line.next()) return
      sink.position = line.number
      let key = this.#findKey(body, previous)
      if ((key === -1 && !line.readKey()) || !line.readFields()) {
        this.#refuse(body, line.fault, sink)
        continue
      }
      if (key === -1 && line.tags.has(body, METRIC_NAME_LABEL)) {
        this.#refuse(body, `the tag key "${METRIC_NAME_LABEL}" is reserved for the metric's name`, sink)
        continue
      }
      if (key === -1 || this.#hasBecomeFull()) {
        key = this.#rememberKey(body)
        previous = -1
      }
      this.#addPoints(body, key, Number.isNaN(line.time.ms) ? nowMs : line.time.ms, sink)
      previous = key
    }
  }

  /** The number of the current line's key, or -1 if it is not known. @param previous that of the line before, or -1 */
  #findKey(body: Uint8Array, previous: number): number {
    const line = this.#line
    const { keys, chains } = this.#memory
    const guess = chains.guessKey(previous)
    if (guess !== -1 && line.isKey(guess, keys)) return guess
    line.findKey()
    const key = keys.find(body, line.start, line.keyEnd, line.keyHash)
    if (key !== -1) chains.followKey(previous, key)
    return key
  }

  #addPoints(body: Uint8Array, key: number, timeMs: number, sink: PointSink): void {
    const { fields } = this.#line
    const { names, chains } = this.#memory
    let series: SeriesNames | undefined
    let previous = -1
    for (let i = 0; i < fields.count; i++) {
      if (fields.kind[i] === FieldKind.String) {
        this.skippedStringFields++
        continue
      }
      const start = fields.keyStart[i]
      const end = fields.keyEnd[i]
      let link = chains.guess(key, previous)
      if (link === -1 || !names.is(chains.fieldOf(link), body, start, end)) {
        this.#hasGrown = true
        link = chains.link(key, this.#nameOf(body, start, end), previous)
      }
      previous = link
      let handle = chains.handleOf(link)
      if (handle === -1) {
        series ??= this.#readSeries(body)
        handle = sink.series(metricOf(series, body, start, end), series.labels, Kind.Sample)
        if (handle === -1) continue
        chains.setHandle(link, handle)
      }
      sink.add(handle, timeMs, fields.value[i], 1)
    }
  }

  /** Measurement and labels of the current line, whose key is known to be good. */
  #readSeries(body: Uint8Array): SeriesNames {
    const line = this.#line
    line.readKey()
    const { tags } = line
    const labels: Label[] = []
    for (let i = 0; i < tags.count; i++) {
      labels.push([
        unescapeText(body, tags.keyStart[i], tags.keyEnd[i], KEY_ESCAPES),
        unescapeText(body, tags.valueStart[i], tags.valueEnd[i], KEY_ESCAPES),
      ])
    }
    return { measurement: unescapeText(body, line.start, line.measurementEnd, MEASUREMENT_ESCAPES), labels }
  }

  /** The number of the field key in bytes [start, end). */
  #nameOf(body: Uint8Array, start: number, end: number): number {
    const hash = hashBytes(body, start, end)
    const { names } = this.#memory
    const known = names.find(body, start, end, hash)
    return known === -1 ? names.add(body, start, end, hash) : known
  }

  #rememberKey(body: Uint8Array): number {
    const line = this.#line
    if (this.#isFull) this.#forget()
    line.findKey()
    const { keys, chains } = this.#memory
    chains.addKey()
    return keys.add(body, line.start, line.keyEnd, line.keyHash)
  }

  /** Looks how much is remembered only where that has changed: most lines add nothing. */
  #hasBecomeFull(): boolean {
    if (!this.#hasGrown) return false
    this.#hasGrown = false
    return this.#isFull
  }

  /** True if no more should be remembered. What fills it, however long, still finds room. */
  get #isFull(): boolean {
    const { keys, names, chains } = this.#memory
    return (
      keys.count >= MAX_KEYS ||
      keys.byteCount >= MAX_KEY_BYTES ||
      names.count >= MAX_NAMES ||
      names.byteCount >= MAX_NAME_BYTES ||
      chains.isFull
    )
  }

  #forget(): void {
    this.#memory = nothingKnown()
  }

  #refuse(body: Uint8Array, reason: string, sink: PointSink): void {
    if (this.#detailedRefusals++ >= MAX_DETAILED_REFUSALS) {
      sink.refuse(FURTHER_REFUSAL)
      return
    }
    const { start, end } = this.#line
    const text = Buffer.from(body.buffer, body.byteOffset + start, Math.min(end - start, REFUSED_TEXT_BYTES))
    sink.refuse(new TidemarkError('TM_LINE_SYNTAX', { reason }), text.toString())
  }
}

interface SeriesNames {
  measurement: string
  labels: Label[]
}

function nothingKnown(): LineMemory {
  return { keys: new ByteNumbers(), names: new ByteNumbers(), chains: new HandleChains() }
}

const FURTHER_REFUSAL = new TidemarkError('TM_LINE_SYNTAX', {
  reason: `the line cannot be read; only the first ${MAX_DETAILED_REFUSALS} bad lines of a request are described`,
})

function metricOf({ measurement }: SeriesNames, body: Uint8Array, start: number, end: number): string {
  const field = unescapeText(body, start, end, KEY_ESCAPES)
  return field === 'value' ? measurement : `${measurement}_${field}`
}
