import { TidemarkError } from '../../schemas/errors.js'
import type { Limits } from '../../schemas/limits.js'
import type { Label } from '../../schemas/series/series.js'

/** What stands in the way of a series' name and labels, if anything: lengths, counts, zero bytes, repeated names. */
export function labelFault(metric: string, labels: readonly Label[], limits: Limits): TidemarkError | undefined {
  const metricBytes = Buffer.byteLength(metric)
  if (metricBytes === 0 || metricBytes > limits.metricNameBytes) {
    return new TidemarkError('TM_SERIES_METRIC_NAME', { bytes: metricBytes, limit: limits.metricNameBytes })
  }
  if (metric.includes('\0')) return new TidemarkError('TM_SERIES_ZERO_BYTE')
  if (labels.length > limits.labelsPerSeries) {
    return new TidemarkError('TM_SERIES_LABELS', { labels: labels.length, limit: limits.labelsPerSeries })
  }
  const seen = new Set<string>()
  for (const [name, value] of labels) {
    const nameBytes = Buffer.byteLength(name)
    const valueBytes = Buffer.byteLength(value)
    if (name === '__name__') return new TidemarkError('TM_SERIES_LABEL_RESERVED', { name })
    if (nameBytes === 0 || nameBytes > limits.labelNameBytes) {
      return new TidemarkError('TM_SERIES_LABEL_NAME', {
        name: name.slice(0, 64),
        bytes: nameBytes,
        limit: limits.labelNameBytes,
      })
    }
    if (valueBytes > limits.labelValueBytes) {
      return new TidemarkError('TM_SERIES_LABEL_VALUE', { name, bytes: valueBytes, limit: limits.labelValueBytes })
    }
    if (name.includes('\0') || value.includes('\0')) return new TidemarkError('TM_SERIES_ZERO_BYTE')
    if (seen.has(name)) return new TidemarkError('TM_SERIES_DUPLICATE_LABEL', { name })
    seen.add(name)
  }
  return undefined
}
