import { describe, expect, test } from 'vitest'
import { parseExpr } from '../../promql/parse.js'
import type { BacktestIncident } from '../backtest/incidents.js'
import { asGroup } from '../rule-book/as-group.js'
import { readRule } from '../rule-book/rule.js'
import { seriesOf } from '../testing/series.js'
import { compareIncidents } from './compare.js'
import { reachMs } from './reach.js'
import { rejudge } from './rejudge.js'

const MINUTE = 60_000
const limits = { querySamples: 1_000_000, queryDepth: 100, queryResultSamples: 1_000_000 }
const group = asGroup(readRule({ name: 'Errors', when: 'errors > 10 FOR 2m' }), undefined, MINUTE)

/** Verdicts on errors as they were (epoch 7) and are (epoch 8), minute by minute, of which 10 to 20 was corrected. */
async function verdicts(before: string, after: string, judgedMinute = 60) {
  const sources = new Map([
    [7, seriesOf([`errors{host="a"} ${before}`], MINUTE)],
    [8, seriesOf([`errors{host="a"} ${after}`], MINUTE)],
  ])
  const correction = { startMs: 10 * MINUTE, endMs: 20 * MINUTE, epoch: 8 }
  const options = { openAt: async (epoch: number) => sources.get(epoch)!, limits }
  const found = await rejudge(group, correction, judgedMinute * MINUTE, options)
  return found.map(({ verdict, before: was, after: is }) => [verdict, minutes(was), minutes(is)])
}

function minutes(incident: BacktestIncident | undefined) {
  return incident && [incident.startMs / MINUTE, incident.endMs && incident.endMs / MINUTE]
}

describe('after late data were recomputed', () => {
  test('an incident that nobody was told of would have fired', async () => {
    expect(await verdicts('0x60', '0x10 20x5 0x43')).toEqual([['would have fired', undefined, [13, 17]]])
  })

  test('one that the whole data do not bear out fired falsely', async () => {
    expect(await verdicts('0x10 20x5 0x43', '0x60')).toEqual([['fired falsely', [13, 17], undefined]])
  })

  test('one that began or ended at another time fired otherwise', async () => {
    expect(await verdicts('0x10 20x5 0x43', '0x9 20x6 0x43')).toEqual([['fired otherwise', [13, 17], [12, 17]]])
  })

  test('what did not change is no verdict', async () => {
    expect(await verdicts('0x10 20x5 0x43', '1x10 21x5 2x43')).toEqual([])
    expect(await verdicts('20x60', '20x60')).toEqual([])
  })

  test('nothing is said of times that were not judged yet', async () => {
    expect(await verdicts('0x60', '0x10 20x5 0x43', 12)).toEqual([])
  })
})

test('incidents of other labels are other incidents', () => {
  const incident = (host: string, startMs: number, endMs: number): BacktestIncident => ({
    labels: { host },
    activeMs: startMs,
    startMs,
    endMs,
    worst: 1,
    worstMs: startMs,
  })
  expect(
    compareIncidents([incident('a', 0, 5)], [incident('b', 0, 5), incident('a', 6, 9)], 10).map(
      ({ verdict }) => verdict,
    ),
  ).toEqual(['fired falsely', 'would have fired', 'would have fired'])
})

test.each([
  ['up', 5],
  ['up offset 10m', 15],
  ['sum(rate(x[30m] offset 5m)) > 3', 35],
  ['max_over_time(rate(x[5m])[1h:1m])', 65],
])('%s reads back %d minutes', (text, expected) => {
  expect(reachMs(parseExpr(text)) / MINUTE).toBe(expected)
})
