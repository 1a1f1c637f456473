import { SAMPLE_ERRORS, type SampleError } from './line.js'

/** What a decoder has met since it was made; each only grows. */
export interface StatsdCounters {
  lines: number
  /** Observations understood, whether or not the sink took them. */
  samples: number
  /** DogStatsD events and service checks. */
  skipped: number
  /** Samples, or parts of them, that were not understood, by reason. */
  sampleErrors: Record<SampleError, number>
  /** Tags that were left out. */
  tagErrors: number
}

/** Counters at zero. */
export function zeroCounters(): StatsdCounters {
  const sampleErrors = Object.fromEntries(Object.keys(SAMPLE_ERRORS).map((reason) => [reason, 0]))
  return { lines: 0, samples: 0, skipped: 0, sampleErrors: sampleErrors as Record<SampleError, number>, tagErrors: 0 }
}
