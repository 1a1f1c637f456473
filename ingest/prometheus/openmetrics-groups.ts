import type { Label } from '../../schemas/series/series.js'
import type { Fault } from './faults.js'
import type { SampleLine } from './openmetrics-line.js'

/** Where a sample stands among the samples of its family. */
export interface Placement {
  /** True if it begins another metric point (another metric, or another time of the same one). */
  isNewPoint: boolean
  /** True if the same sample stood before at the same written time, which OpenMetrics allows. */
  isRepeated: boolean
}

/** Watches over one family that the samples of a metric stand together, in order of time, each once. */
export class MetricGroups {
  readonly #seen = new Set<string>()
  readonly #pointSamples = new Set<string>()
  #metric: string | undefined
  #timestamp: number | undefined

  /** Takes the next sample, or says why it must not stand here. @param partLabel label that is not of the metric itself */
  place({ name, labels, timestamp }: SampleLine, partLabel: string | undefined): Placement | Fault {
    const metric = labelsKey(labels, partLabel)
    const part = `${name}\0${labels.find(([label]) => label === partLabel)?.[1] ?? ''}`
    if (metric !== this.#metric) {
      if (this.#seen.has(metric)) return 'interleaved'
      this.#seen.add(metric)
      this.#metric = metric
      this.#begin(part, timestamp)
      return { isNewPoint: true, isRepeated: false }
    }
    if ((timestamp === undefined) !== (this.#timestamp === undefined)) return 'timestampMixed'
    if (timestamp !== undefined && timestamp < this.#timestamp!) return 'timestampOrder'
    if (timestamp !== this.#timestamp) {
      this.#begin(part, timestamp)
      return { isNewPoint: true, isRepeated: false }
    }
    const isRepeated = this.#pointSamples.has(part)
    if (isRepeated && timestamp === undefined) return 'sampleTwice'
    this.#pointSamples.add(part)
    return { isNewPoint: false, isRepeated }
  }

  #begin(part: string, timestamp: number | undefined): void {
    this.#timestamp = timestamp
    this.#pointSamples.clear()
    this.#pointSamples.add(part)
  }
}

/** A key of the label set without `except`; labels with empty values are absent ones. */
function labelsKey(labels: readonly Label[], except: string | undefined): string {
  if (labels.length === 0) return ''
  const kept = labels.filter(([name, value]) => name !== except && value !== '')
  kept.sort((a, b) => (a[0] < b[0] ? -1 : 1))
  return kept.length === 0 ? '' : JSON.stringify(kept)
}
