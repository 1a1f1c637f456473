import { describe, expect, test } from 'vitest'
import type { ActiveAlert } from '../../schemas/ports/rules.js'
import { activeAlerts } from '../changes.js'
import { GroupEvaluator } from '../evaluate.js'
import { asGroup } from '../rule-book/as-group.js'
import { readRule } from '../rule-book/rule.js'
import { seriesOf } from '../testing/series.js'
import { backtest } from './backtest.js'
import { type BacktestIncident, IncidentRecorder } from './incidents.js'
import type { BacktestSummary } from './summary.js'

const MINUTE = 60_000
const limits = { querySamples: 1_000_000, queryDepth: 100, queryResultSamples: 1_000_000 }
/** Two hosts: hot from minute 10 to 21 and from 42 on; from 12 to 14, which is too short, and from 46 to 56. */
const SOURCE = seriesOf(
  [
    'temperature{host="a",service="x"} 20x9 95x4 99 95x5 20x19 95x60',
    'temperature{host="b",service="x"} 20x11 91x2 20x30 93x10 20x40',
  ],
  MINUTE,
)
const group = asGroup(
  readRule({ name: 'Hot', when: 'temperature > 90 FOR 5 minutes KEEP FIRING FOR 2m' }),
  undefined,
  MINUTE,
)
const options = { open: async () => SOURCE, limits, now: () => 0 }

async function run(fromMinute: number, toMinute: number, chunkSteps?: number, limit = limits) {
  const incidents: BacktestIncident[] = []
  let summary: BacktestSummary | undefined
  let steps = 0
  const range = { startMs: fromMinute * MINUTE, endMs: toMinute * MINUTE }
  for await (const event of backtest(group, range, { ...options, limits: limit }, chunkSteps)) {
    if (event.type === 'incident') incidents.push(event.incident)
    if (event.type === 'summary') summary = event.summary
    if (event.type === 'progress') steps = event.done / event.total
  }
  return { incidents, summary, steps }
}

/** Incidents as live judging would have had them, with a restart after each of these minutes. */
async function live(fromMinute: number, toMinute: number, restarts: readonly number[]): Promise<BacktestIncident[]> {
  const recorder = new IncidentRecorder((value, than) => value > than)
  let evaluator = new GroupEvaluator(group, options)
  let alerts: ActiveAlert[] = []
  for (let minute = fromMinute; minute <= toMinute; minute++) {
    await evaluator.advance(minute * MINUTE)
    alerts = activeAlerts(evaluator.status())
    recorder.step(new Map(alerts.map((alert) => [alert.fingerprint, alert])), minute * MINUTE)
    if (restarts.includes(minute)) evaluator = new GroupEvaluator(group, options, new Map([[0, alerts]]))
  }
  return [...recorder.takeClosed(), ...recorder.open()]
}

test('live judging, judging with restarts, and a backtest in any chunks have the same incidents', async () => {
  const expected = await live(1, 70, [])
  expect(
    expected.map(({ labels, startMs, endMs }) => [labels.host, startMs / MINUTE, endMs && endMs / MINUTE]),
  ).toEqual([
    ['a', 15, 24],
    ['b', 51, 59],
    ['a', 47, undefined],
  ])
  const everyMinute = Array.from({ length: 70 }, (_, i) => i + 1)
  expect(await live(1, 70, everyMinute)).toEqual(expected)
  expect(await live(1, 70, [13, 16, 21, 47])).toEqual(expected)
  for (const chunkSteps of [1, 2, 7, 1000]) {
    const { incidents, steps } = await run(0, 70, chunkSteps)
    expect([chunkSteps, incidents]).toEqual([chunkSteps, expected])
    expect(steps).toBe(1)
  }
})

describe('a backtest', () => {
  test('tells the worst value and when it was', async () => {
    expect((await run(0, 30)).incidents).toMatchObject([{ worst: 99, worstMs: 15 * MINUTE, activeMs: 10 * MINUTE }])
  })

  test('knows what is pending as its range begins', async () => {
    const { incidents } = await run(12, 30)
    expect(incidents.map(({ startMs }) => startMs / MINUTE)).toEqual([15])
  })

  test('sums up: two hosts of one service that fire together are one page', async () => {
    expect((await run(0, 70)).summary).toEqual({
      incidents: 3,
      pages: 2,
      series: 2,
      firingMs: 32 * MINUTE,
      longestMs: 23 * MINUTE,
      endMs: 70 * MINUTE,
    })
  })

  test('of more than may be read at once goes in smaller steps', async () => {
    const whole = await run(0, 70)
    expect((await run(0, 70, 64, { ...limits, querySamples: 200 })).incidents).toEqual(whole.incidents)
    await expect(run(0, 70, 64, { ...limits, querySamples: 3 })).rejects.toMatchObject({ code: 'TM_QUERY_SAMPLES' })
  })
})
