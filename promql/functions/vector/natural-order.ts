/**
 * Order of texts in which runs of digits count as numbers (github.com/facette/natsort, which Prometheus sorts labels
 * by): negative if `a` comes first, 0 if neither does. Leading zeros do not count, so `v1` and `v01` are equal.
 */
export function compareNaturally(a: string, b: string): number {
  let atA = 0
  let atB = 0
  while (atA < a.length && atB < b.length) {
    if (isDigit(a, atA) && isDigit(b, atB)) {
      const [startA, endA] = numberAt(a, atA)
      const [startB, endB] = numberAt(b, atB)
      const longer = endA - startA - (endB - startB)
      if (longer !== 0) return longer
      const digitsA = a.slice(startA, endA)
      const digitsB = b.slice(startB, endB)
      if (digitsA !== digitsB) return digitsA < digitsB ? -1 : 1
      atA = endA
      atB = endB
    } else {
      if (a[atA] !== b[atB]) return compareDiffering(a, b, atA, atB)
      atA++
      atB++
    }
  }
  return a.length - atA - (b.length - atB)
}

/** Where a number begins in one of them, a run of other characters has ended: the shorter run comes first. */
function compareDiffering(a: string, b: string, atA: number, atB: number): number {
  const isInRun = atA > 0 && !isDigit(a, atA - 1)
  if (isInRun && isDigit(a, atA) !== isDigit(b, atB)) return isDigit(a, atA) ? -1 : 1
  return a[atA] < b[atB] ? -1 : 1
}

/** Start and end of the number at a place, without its leading zeros. The last character is one of it even if it is 0. */
function numberAt(text: string, at: number): [start: number, end: number] {
  let start = at
  while (text[start] === '0' && start + 1 < text.length) start++
  let end = start + 1
  while (end < text.length && isDigit(text, end)) end++
  return [start, end]
}

function isDigit(text: string, at: number): boolean {
  return text[at] >= '0' && text[at] <= '9'
}
