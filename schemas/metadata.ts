/** What senders say of a metric beside its points: for people and query builders, never for answers. */
export interface MetricMetadata {
  /** The Prometheus API's word: counter, gauge, histogram, gaugehistogram, summary, info, stateset, unknown. */
  type: string
  help: string
  unit: string
}
