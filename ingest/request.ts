import type { IngestResult, PointSink } from './sink.js'

/** One request being filled: points go in as into any sink, then it is committed once. */
export interface IngestRequest extends PointSink {
  /**
   * Resolves once the log has the points. Rejects with a TidemarkError if it has not taken them; after
   * TM_LOG_BACKPRESSURE, and only then, it may be called again.
   */
  commit(): Promise<IngestResult>
}

/** Opens requests; for sources that are not HTTP requests themselves (the scraper, StatsD, the host collector). */
export interface RequestOpener {
  open(): IngestRequest
}
