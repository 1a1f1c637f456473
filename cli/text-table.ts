/** A table as lines of text: columns as wide as their widest cell, numbers to the right. */
export function textTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [head, ...rows].map((row) =>
    row.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en-US') : cell)),
  )
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column].length)))
  const line = (row: string[], source: readonly (string | number)[]) =>
    row
      .map((cell, column) =>
        typeof source[column] === 'number' ? cell.padStart(widths[column]) : cell.padEnd(widths[column]),
      )
      .join('  ')
      .trimEnd()
  return cells.map((row, i) => line(row, i === 0 ? (rows[0] ?? head) : rows[i - 1])).join('\n')
}

/** The furthest from 1970 that a date can be, ms. */
const LAST_DATE_MS = 8.64e15

/** A moment as `2026-01-31 12:00:00Z`; a dash where there is none. */
export function timeText(ms: number | undefined): string {
  return ms === undefined || !(Math.abs(ms) <= LAST_DATE_MS)
    ? '-'
    : new Date(ms)
        .toISOString()
        .replace('T', ' ')
        .replace(/\.000Z$/, 'Z')
}
