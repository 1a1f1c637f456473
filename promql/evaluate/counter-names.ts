/** True if a metric's name says that it is a counter, as Prometheus reads names. */
export function isCounterName(metric: string): boolean {
  return /_(?:total|sum|count|bucket)$/.test(metric)
}
