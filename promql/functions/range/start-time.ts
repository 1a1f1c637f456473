/**
 * True if what is known of the starts of two neighbouring points says that the counter started anew between them.
 * Times in ms; a start of 0 is not known. A start at or after its own point says nothing. One exactly at the point
 * before is that of a delta, unless the point before did not know its own start.
 */
export function startsAnew(previousStartMs: number, previousMs: number, startMs: number, timeMs: number): boolean {
  if (startMs === 0 || startMs >= timeMs || startMs < previousMs) return false
  if (startMs > previousMs) return true
  return previousStartMs !== 0 && previousStartMs < previousMs
}

/** True if a counter claims to have started before the point before it, which tells of another start. */
export function startOverlaps(previousStartMs: number, previousMs: number, startMs: number): boolean {
  return startMs !== 0 && startMs < previousMs && startMs !== previousStartMs
}
