/** What grouping looks at. */
export interface SizedSpan {
  spanStart: number
  spanEnd: number
  epochFrom: number
  bytes: number
}

/**
 * Runs of files to be made into one, each of about the target size at most. Files that lie over each other are of one
 * group, however large; files of one span and epoch were made together, and by themselves are of none.
 * @param files ascending by `spanStart`
 * @param leastUnits a group is of so many spans and epochs at least
 */
export function groupFiles<File extends SizedSpan>(
  files: readonly File[],
  targetBytes: number,
  leastUnits: number,
): File[][] {
  const groups: File[][] = []
  let bytes = 0
  let endMs = Number.NEGATIVE_INFINITY
  for (const file of files) {
    const isOver = file.spanStart < endMs
    if (groups.length === 0 || (!isOver && bytes + file.bytes > targetBytes)) {
      groups.push([])
      bytes = 0
    }
    groups[groups.length - 1].push(file)
    bytes += file.bytes
    endMs = Math.max(endMs, file.spanEnd)
  }
  return groups.filter((group) => new Set(group.map(unitOf)).size >= leastUnits)
}

function unitOf({ spanStart, spanEnd, epochFrom }: SizedSpan): string {
  return `${spanStart} ${spanEnd} ${epochFrom}`
}
