import type { LabelSet } from '../../promql/labels.js'

/** One series that a query gives. */
export interface KnownSeries {
  labels: LabelSet
  value: number
}

/** What is known of the data that a rule is about: it decides units and how labels are matched. */
export interface Known {
  /** What senders said of a metric; its unit may be ''. */
  metric(name: string): { type: string; unit: string } | undefined
  /** What a query gives right now; undefined if that is not known. */
  results(query: string): readonly KnownSeries[] | undefined
}

/** Nothing: names alone decide. */
export const NOTHING_KNOWN: Known = { metric: () => undefined, results: () => undefined }
