import { describe, expect, test } from 'vitest'
import { seriesOf } from '../testing/series.js'
import { burnRules } from './burn-rules.js'
import { readSlo } from './slo.js'
import { sloStatus } from './status.js'

const MINUTE = 60_000
const DAY = 1440 * MINUTE
const limits = { querySamples: 10_000_000, queryDepth: 100, queryResultSamples: 1_000_000 }
const INPUT = {
  name: 'API availability',
  objective: 99.9,
  good: 'sum by (job) (rate(requests_total{code="200"}[$window]))',
  total: 'sum by (job) (rate(requests_total[$window]))',
}

describe('an objective', () => {
  test('is compiled to the burn rates of the SRE workbook: 14.4 and 6 wake people, 3 and 1 can wait', () => {
    const ratio = readSlo({
      name: 'x',
      objective: 99.9,
      error_ratio: 'e[$window]'.replace('e', 'avg_over_time(e').concat(')'),
    })
    const [page, ticket] = burnRules(ratio)
    expect(page).toMatchObject({ rule_id: 'slo-x-page', severity: 'P1', group: 'slo:x', labels: { slo: 'x' } })
    expect(page.metric_query).toBe(
      '((avg_over_time(e[1h])) > 0.0144 and (avg_over_time(e[5m])) > 0.0144) or ' +
        '((avg_over_time(e[6h])) > 0.006 and (avg_over_time(e[30m])) > 0.006)',
    )
    expect(ticket.severity).toBe('P3')
    expect(ticket.metric_query).toBe(
      '((avg_over_time(e[1d])) > 0.003 and (avg_over_time(e[2h])) > 0.003) or ' +
        '((avg_over_time(e[3d])) > 0.001 and (avg_over_time(e[6h])) > 0.001)',
    )
  })

  test('over another window burns the same part of its budget', () => {
    const [page] = burnRules(readSlo({ ...INPUT, window: '15d' }))
    expect(page.metric_query).toContain('> 0.0072 and')
  })

  test('tells SLI, what is left of the budget, and how fast it burns, for each series', async () => {
    // One error in 2000 all along, but for the last 2 hours, where all is well.
    const source = seriesOf(
      [
        `requests_total{job="a",code="200"} 0+1999x1320 ${1999 * 1321}+2000x120`,
        `requests_total{job="a",code="500"} 0+1x1320 1320x120`,
      ],
      MINUTE,
    )
    const slo = readSlo({ ...INPUT, window: '1d' })
    const [status, ...others] = await sloStatus(slo, DAY, { open: async () => source, limits })
    expect(others).toEqual([])
    expect(status.labels).toEqual({ job: 'a' })
    expect(status.sli).toBeCloseTo(0.99954, 4)
    expect(status.budgetRemaining).toBeCloseTo(0.54, 1)
    expect(status.burnRate).toBeCloseTo(0, 6)
  })

  test.each([
    [{ ...INPUT, objective: 100 }, 'objective'],
    [{ ...INPUT, total: undefined }, 'it needs good and total, or error_ratio'],
    [{ ...INPUT, good: 'up' }, 'it has no [$window]'],
    [{ ...INPUT, good: 'rate(x[$window]' }, 'good'],
    [{ ...INPUT, window: '1h' }, 'is no span of a day or more'],
  ])('that is wrong is refused with where: %#', (input, message) => {
    expect(() => readSlo(input)).toThrow(message)
  })
})
