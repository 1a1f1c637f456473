import type { TimeRange } from '../../schemas/time.js'

/** A tier's file, the stretch that it covers, and the epoch at which it became current. */
export interface FileSpan {
  spanStart: number
  spanEnd: number
  epochFrom: number
}

/**
 * The stretches of each file that newer ones answer for: a block that was recomputed after its day was compacted lies
 * over the day's file until the day is compacted again.
 * @param files current at one epoch, ascending by `spanStart`
 */
export function hiddenSpans(files: readonly FileSpan[]): TimeRange[][] {
  const hidden: TimeRange[][] = files.map(() => [])
  let open: number[] = []
  for (const [place, file] of files.entries()) {
    open = open.filter((other) => files[other].spanEnd > file.spanStart)
    for (const other of open) {
      // Files of one epoch share a span by metrics.
      if (files[other].epochFrom === file.epochFrom) continue
      const [older, newer] = files[other].epochFrom < file.epochFrom ? [other, place] : [place, other]
      hidden[older].push({ startMs: files[newer].spanStart, endMs: files[newer].spanEnd })
    }
    open.push(place)
  }
  return hidden
}
