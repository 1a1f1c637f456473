/** The day (UTC) of a time, for object keys: `2025-01-31`. */
export function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10)
}
