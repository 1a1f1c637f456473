import type { Rollup } from '../config/schema.js'
import { Kind } from '../points.js'
import { Series } from './series.js'

/** Metric name of a rollup's derived series: `api_latency:by_region`. */
export function rollupName(match: string, by: readonly string[]): string {
  return `${match}:by_${by.join('_')}`
}

/**
 * The series that a rollup derives from a source: merged over every label but those it keeps. Derived series are event
 * series: whatever host it came from, each reading is one observation.
 */
export function derivedSeries({ match, by }: Rollup, source: Series): Series {
  const labels = source.labels.filter(([name]) => by.includes(name))
  const kind = source.kind === Kind.EventCounter ? Kind.EventCounter : Kind.EventTimer
  return Series.of(rollupName(match, by), labels, kind)
}
