import { describe, expect, test } from 'vitest'
import { figureTable, median } from './table.js'
import { TARGETS } from './targets.js'

/** The row of one figure, cell by cell. */
function row(...figure: Parameters<typeof figureTable>[0]): string[] {
  return figureTable(figure)
    .split('\n')[1]
    .split(/\s{2,}/)
}

describe('the table', () => {
  test('shows the median of the runs with their extremes', () => {
    const cells = row({ key: 'ingest low10k', unit: 'points/s', values: [900_000, 700_000, 800_000] })
    expect(cells.slice(0, 4)).toEqual(['ingest low10k', 'points/s', '800,000', '700,000–900,000'])
  })

  test('has ratios above 1 where the figure is better, also where less is better', () => {
    const { reach } = TARGETS['archive-size block']
    expect(row({ key: 'archive-size block', unit: 'B/point', values: [reach! / 2] })).toContain('2.00')
    expect(row({ key: 'ingest low10k', unit: 'points/s', values: [TARGETS['ingest low10k'].reach! * 3] })).toContain(
      '3.00',
    )
  })

  test('names the peer and compares the cost of CPU too', () => {
    const cells = row({ key: 'ingest low10k', unit: 'points/s', values: [1], cpuSecondsPerMillion: [0.415] })
    expect(cells).toContain('VictoriaMetrics')
    expect(cells.at(-1)).toBe('2.00')
  })
})

test('the median of an even number of runs lies between the two in the middle', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5)
})
