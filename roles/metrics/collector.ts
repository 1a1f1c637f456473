import type { Histogram } from 'prom-client'

/** One family of metrics: what is known of it before anything is read. */
interface Family {
  type: 'gauge' | 'counter'
  help: string
  /** Names of its labels. */
  labels?: readonly string[]
}

/** One value of a family. */
export interface Reading {
  labels?: Readonly<Record<string, string>>
  value: number
}

/** Tells, at each scrape, what a part of the process knows anyway. */
export interface Collector<Name extends string = string> {
  /** For the metric that says whether it could be read. */
  name: string
  families: Readonly<Record<Name, Family>>
  /** A number is a family without labels; a family that is left out has no values now. */
  read(): Promise<Readonly<Partial<Record<Name, number | readonly Reading[]>>>>
}

/** Metrics that a part of the process has to show. */
export interface RoleMetrics {
  collectors: readonly Collector[]
  /** Those that are observed as things happen. */
  histograms?: readonly Histogram[]
}

/** A collector, its names checked against what it reads. */
export function collector<Name extends string>(parts: Collector<Name>): Collector {
  return parts as Collector
}
