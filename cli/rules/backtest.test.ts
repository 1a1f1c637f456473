import { expect, test } from 'vitest'
import { backtestText } from './backtest.js'

const T = Date.UTC(2026, 0, 1)
const MINUTE = 60_000

test('a backtest prints its incidents by their start, and what they come to', () => {
  const incident = (startMs: number, endMs: number | undefined, host: string) => ({
    labels: { alertname: 'Hot', severity: 'P1', host },
    activeMs: startMs,
    startMs,
    endMs,
    worst: 95.123456789,
    worstMs: startMs + MINUTE,
  })
  const summary = {
    incidents: 2,
    pages: 1,
    series: 2,
    firingMs: 9 * MINUTE,
    longestMs: 8 * MINUTE,
    endMs: T + 10 * MINUTE,
  }
  expect(backtestText([incident(T + 2 * MINUTE, undefined, 'b'), incident(T, T + MINUTE, 'a')], summary)).toBe(
    `start                 end                   lasted  worst    at                    labels
2026-01-01 00:00:00Z  2026-01-01 00:01:00Z  1m      95.1235  2026-01-01 00:01:00Z  host=a
2026-01-01 00:02:00Z  still firing          8m      95.1235  2026-01-01 00:03:00Z  host=b
2 incidents of 2 series, 1 pages by service and region; firing for 9m, the longest 8m
`,
  )
  expect(backtestText([], { ...summary, incidents: 0 })).toBe('it would not have fired\n')
})
