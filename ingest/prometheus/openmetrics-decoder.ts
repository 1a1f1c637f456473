import { Kind } from '../../schemas/points.js'
import type { Label } from '../../schemas/series/series.js'
import type { DecodeOptions, Decoder } from '../decoder.js'
import type { PointSink } from '../sink.js'
import { type Fault, faultError, zeroByteError } from './faults.js'
import { HistogramPoint } from './histogram-point.js'
import { Family } from './openmetrics-family.js'
import { MetricGroups } from './openmetrics-groups.js'
import { readMetadata, readNumber, readSample, type SampleLine } from './openmetrics-line.js'
import { decodeUtf8, hasZeroByte } from './series-text.js'

const LF = 0x0a
const EOF_LINE = '# EOF'

/** How much of a refused line is told, characters. */
const REFUSED_TEXT_LENGTH = 200

/**
 * Reads OpenMetrics 1.0 text and holds it to the whole specification: every line that breaks a rule is refused by its
 * number, the good samples are kept. A histogram whose samples contradict each other is refused as a whole, under the
 * line of its first sample.
 *
 * An exposition is valid if nothing was refused. For what real exporters send use PrometheusTextDecoder.
 */
export class OpenMetricsDecoder implements Decoder {
  decode(body: Uint8Array, options: DecodeOptions, sink: PointSink): void {
    new Exposition(options, sink).read(body)
  }
}

/** A sample of a histogram that waits until its whole point has been read. */
interface HeldSample {
  line: number
  text: string
  sample: SampleLine
}

/** One exposition while it is read. */
class Exposition {
  readonly #options: DecodeOptions
  readonly #sink: PointSink
  /** Every name that a family or one of its samples may have so far. */
  readonly #taken = new Set<string>()
  #family: Family | undefined
  #groups = new MetricGroups()
  #hasSamples = false
  #held: HeldSample[] = []
  #histogram: HistogramPoint | undefined
  #line = 0

  constructor(options: DecodeOptions, sink: PointSink) {
    this.#options = options
    this.#sink = sink
  }

  read(body: Uint8Array): void {
    let hasEof = false
    for (let at = 0; at < body.length; ) {
      const lineFeed = body.indexOf(LF, at)
      const end = lineFeed === -1 ? body.length : lineFeed
      this.#line++
      const text = decodeUtf8(body, at, end)
      if (hasEof) this.#refuse('afterEof', text)
      else if (text === EOF_LINE) hasEof = true
      else this.#readLine(text, lineFeed !== -1)
      at = end + 1
    }
    this.#endPoint()
    if (hasEof) return
    this.#line++
    this.#refuse('noEof', undefined)
  }

  #readLine(text: string | undefined, hasLineFeed: boolean): void {
    const fault = text === undefined ? 'encoding' : hasLineFeed ? this.#takeLine(text) : 'noLineFeed'
    if (fault !== undefined) this.#refuse(fault, text)
  }

  #takeLine(text: string): Fault | undefined {
    if (text === '') return 'blankLine'
    if (text.endsWith('\r')) return 'carriageReturn'
    return text[0] === '#' ? this.#takeMetadata(text) : this.#takeSample(text)
  }

  #takeMetadata(text: string): Fault | undefined {
    const metadata = readMetadata(text)
    if (typeof metadata === 'string') return metadata
    if (this.#family?.name !== metadata.name) {
      if (this.#taken.has(metadata.name)) return 'clash'
      this.#beginFamily(metadata.name)
    } else if (this.#hasSamples) return 'metadataLate'
    const fault = this.#family!.describe(metadata)
    if (fault !== undefined || metadata.keyword !== 'TYPE') return fault
    return this.#reserve(this.#family!)
  }

  #takeSample(text: string): Fault | undefined {
    const sample = readSample(text)
    if (typeof sample === 'string') return sample
    let suffix = this.#family?.suffixOf(sample.name)
    if (suffix === undefined) {
      if (this.#taken.has(sample.name)) return 'clash'
      this.#beginFamily(sample.name)
      suffix = ''
    }
    const family = this.#family!
    const fault = family.check(sample, suffix)
    if (fault !== undefined) return fault
    const placement = this.#groups.place(sample, family.partLabel(suffix))
    if (typeof placement === 'string') return placement
    this.#hasSamples = true
    if (family.type !== 'histogram' && family.type !== 'gaugehistogram') this.#emit(sample, text)
    else {
      if (placement.isNewPoint) this.#endPoint()
      this.#hold(sample, suffix, text, placement.isRepeated)
    }
    return undefined
  }

  #beginFamily(name: string): void {
    this.#endPoint()
    this.#family = new Family(name)
    this.#groups = new MetricGroups()
    this.#hasSamples = false
    this.#taken.add(name)
  }

  /** Takes the names of a family's samples, or says that one of them belongs to an earlier family. */
  #reserve(family: Family): Fault | undefined {
    const names = family.sampleNames().filter((name) => name !== family.name)
    if (names.some((name) => this.#taken.has(name))) return 'clash'
    for (const name of names) this.#taken.add(name)
    return undefined
  }

  #hold(sample: SampleLine, suffix: string, text: string, isRepeated: boolean): void {
    this.#histogram ??= new HistogramPoint()
    this.#held.push({ line: this.#line, text, sample })
    if (!isRepeated) this.#histogram.add(suffix, sample.value, bucketBound(sample.labels))
  }

  /** Judges the histogram point that has been read and puts its samples into the sink, or refuses it. */
  #endPoint(): void {
    if (this.#histogram === undefined) return
    const fault = this.#histogram.fault()
    const lastLine = this.#line
    for (const { line, text, sample } of this.#held) {
      this.#line = line
      if (fault === undefined) this.#emit(sample, text)
      else {
        this.#refuse(fault, text)
        break
      }
    }
    this.#line = lastLine
    this.#held = []
    this.#histogram = undefined
  }

  #emit(sample: SampleLine, text: string): void {
    this.#sink.position = this.#line
    if (hasZeroByte({ metric: sample.name, labels: sample.labels })) {
      this.#sink.refuse(zeroByteError(), text)
      return
    }
    const handle = this.#sink.series(sample.name, sample.labels, Kind.Sample)
    if (handle === -1) return
    const timeMs = sample.timestamp === undefined ? this.#options.nowMs : Math.round(sample.timestamp * 1000)
    this.#sink.add(handle, timeMs, sample.value, 1)
  }

  #refuse(fault: Fault, text: string | undefined): void {
    this.#sink.position = this.#line
    this.#sink.refuse(faultError(fault), text?.slice(0, REFUSED_TEXT_LENGTH))
  }
}

function bucketBound(labels: readonly Label[]): number {
  return readNumber(labels.find(([name]) => name === 'le')?.[1] ?? '') ?? Number.NaN
}
