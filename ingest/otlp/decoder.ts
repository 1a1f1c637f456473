import { TidemarkError } from '../../schemas/errors.js'
import type { Decoder } from '../decoder.js'
import type { CumulativeHistograms, TakeBack } from '../histogram/cumulative.js'
import { WireError } from '../protobuf/reader.js'
import type { PointSink } from '../sink.js'
import { FamilyCache } from './family-cache.js'
import type { OtlpOptions } from './options.js'
import { JsonBodyError, readJson } from './read-json.js'
import { readProtobuf } from './read-protobuf.js'
import { Translator } from './translator.js'

/**
 * OTLP metrics (opentelemetry.io/docs/specs/otlp): an ExportMetricsServiceRequest as protobuf or JSON, translated as
 * Prometheus's own OTLP receiver does it. The position of a refusal is the number of the data point in the request.
 *
 * - gauge, cumulative sum: readings; without a recorded value: a staleness marker
 * - delta sum: occurrences, each of which counts
 * - histogram: `_bucket{le}`, `_sum`, `_count`, as readings (cumulative) or occurrences (delta)
 * - exponential histogram: observations of the bare name; if cumulative also `_count` and `_sum` as readings
 * - summary: a reading for each quantile, `_sum`, `_count`
 *
 * Exemplars and metadata are skipped. A point without a time has the time of its arrival.
 */
export class OtlpDecoder implements Decoder<OtlpOptions> {
  readonly #states: CumulativeHistograms
  readonly #families = new FamilyCache()
  #epoch = -1

  /** @param states the last exponential histogram of each series, for the growth of cumulative ones */
  constructor(states: CumulativeHistograms) {
    this.#states = states
  }

  decode(body: Uint8Array, options: OtlpOptions, sink: PointSink): void {
    if (this.#epoch !== sink.epoch) {
      this.#families.clear()
      this.#epoch = sink.epoch
    }
    this.#states.begin()
    sink.position = 0
    const translator = new Translator(sink, options, this.#families, this.#states)
    const read = options.encoding === 'json' ? readJson : readProtobuf
    try {
      read(body, translator)
    } catch (error) {
      if (!(error instanceof WireError || error instanceof JsonBodyError)) throw error
      if (sink.position === 0) sink.position = 1
      const format = options.encoding === 'json' ? 'OTLP JSON' : 'OTLP protobuf'
      sink.refuse(new TidemarkError('TM_BODY_SYNTAX', { format, reason: error.message }, error))
    }
  }

  /** Takes back what the request just decoded changed in the states; call it if its points could not be stored. */
  takeBack(): TakeBack {
    return this.#states.takeBack()
  }
}
