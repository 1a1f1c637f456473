import type { PointSink } from './sink.js'

/** What a decoder is told besides the bytes. */
export interface DecodeOptions {
  /** Time of points that carry none, ms since the epoch. */
  nowMs: number
}

/**
 * One protocol's decoder. An instance keeps caches, so there is one for each protocol in a process, used for every
 * request. It never throws for bad input: it refuses through the sink and goes on where the format lets it.
 */
export interface Decoder<Options extends DecodeOptions = DecodeOptions> {
  decode(body: Uint8Array, options: Options, sink: PointSink): void
}
