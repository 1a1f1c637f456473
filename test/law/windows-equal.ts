import { firstDifference } from '../../batch/audit/compare.js'
import { WINDOW_COLUMNS, type WindowColumns } from '../../schemas/windows/columns.js'

/** What differs between two sets of windows, in words; empty if they say the same. Order does not matter. */
export function differences(expected: WindowColumns, actual: WindowColumns): string[] {
  const rows = new Map<string, number>()
  for (let row = 0; row < actual.length; row++) rows.set(keyOf(actual, row), row)
  const found: string[] = []
  for (let row = 0; row < expected.length; row++) {
    const key = keyOf(expected, row)
    const other = rows.get(key)
    rows.delete(key)
    if (other === undefined) found.push(`${key} is missing`)
    else {
      const column = firstDifference(expected, row, actual, other)
      if (column) found.push(`${key} ${column}: ${shown(expected, row)} is not ${shown(actual, other)}`)
    }
  }
  for (const key of rows.keys()) found.push(`${key} should not be there`)
  return found
}

function keyOf(windows: WindowColumns, row: number): string {
  return `${windows.series[row]} ${windows.start[row]}`
}

function shown(windows: WindowColumns, row: number): string {
  const numbers = WINDOW_COLUMNS.map((column) => `${column}=${windows[column][row]}`).join(' ')
  return `${numbers} stale=${windows.stale[row]} sketch=${JSON.stringify(windows.sketch[row])}`
}
