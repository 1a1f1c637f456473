import { describe, expect, test } from 'vitest'
import type { ActiveAlert } from '../schemas/ports/rules.js'
import { activeAlerts, alertChanges } from './changes.js'
import { GroupEvaluator, judgeableMs, type RuleSource } from './evaluate.js'
import { readRuleFile } from './rule-file.js'
import { seriesOf } from './testing/series.js'

const MINUTE = 60_000
const limits = { querySamples: 1_000_000, queryDepth: 100, queryResultSamples: 1_000_000 }
const [group] = readRuleFile(
  `
groups:
  - name: hosts
    interval: 1m
    rules:
      - alert: Hot
        expr: temperature > 90
        for: 5m
        keep_firing_for: 3m
        labels: { severity: page, room: 'room {{ $labels.room }}' }
        annotations: { summary: '{{ $labels.host }} has {{ $value }} degrees' }
`,
  'hosts.yaml',
  MINUTE,
)
/** Hot from minute 10 to 20. */
const HOT = 'temperature{host="a",room="7"} 20x9 95x10 20x40'

function evaluator(source: RuleSource = seriesOf([HOT], MINUTE), known: readonly ActiveAlert[] = []) {
  const options = { open: async () => source, limits, now: () => 0 }
  return new GroupEvaluator(group, options, new Map([[0, known]]))
}

/** State and age of the one alert after each minute. */
async function states(one: GroupEvaluator, minutes: readonly number[]): Promise<(string | undefined)[]> {
  const found: (string | undefined)[] = []
  for (const minute of minutes) {
    await one.advance(minute * MINUTE)
    found.push(activeAlerts(one.status())[0]?.state)
  }
  return found
}

describe('an alert', () => {
  test('is pending for FOR, fires, goes on for KEEP_FIRING_FOR and is gone', async () => {
    const minutes = [9, 10, 14, 15, 20, 22, 23, 24]
    expect(await states(evaluator(), minutes)).toEqual([
      undefined,
      'pending',
      'pending',
      'firing',
      'firing',
      'firing',
      'firing',
      undefined,
    ])
  })

  test('has the labels of series and rule, and annotations with values', async () => {
    const one = evaluator()
    await one.advance(12 * MINUTE)
    expect(activeAlerts(one.status())).toMatchObject([
      {
        labels: { alertname: 'Hot', host: 'a', room: 'room 7', severity: 'page' },
        annotations: { summary: 'a has 95 degrees' },
        activeMs: 10 * MINUTE,
        value: 95,
      },
    ])
  })

  test('whose expression stops before FOR was never one', async () => {
    const flickering = seriesOf(['temperature{host="a"} 20x9 95x3 20 95x4 20x40'], MINUTE)
    const minutes = Array.from({ length: 30 }, (_, i) => i)
    expect((await states(evaluator(flickering), minutes)).filter((state) => state === 'firing')).toEqual([])
  })
})

describe('a restart', () => {
  test('at any minute finds every alert as it would have been without', async () => {
    for (let minute = 9; minute <= 25; minute++) {
      const steady = evaluator()
      for (let before = 5; before <= minute; before++) await steady.advance(before * MINUTE)
      const restarted = evaluator()
      await restarted.advance(minute * MINUTE)
      const state = (one: GroupEvaluator) => activeAlerts(one.status()).map((alert) => [alert.state, alert.fingerprint])
      expect([minute, state(restarted)]).toEqual([minute, state(steady)])
    }
  })

  test('knows since when from what was stored, where it reaches back further than it reads', async () => {
    const always = seriesOf(['temperature{host="a",room="7"} 95x100'], MINUTE)
    const before = evaluator(always)
    await before.advance(8 * MINUTE)
    const [known] = activeAlerts(before.status())
    const after = evaluator(always, [known])
    await after.advance(60 * MINUTE)
    expect(activeAlerts(after.status())).toMatchObject([{ activeMs: known.activeMs, firedMs: known.firedMs }])
    expect(alertChanges([known], after.status())).toEqual({ fired: [], resolved: [] })
  })

  test('that comes late tells what was resolved meanwhile', async () => {
    const before = evaluator()
    await before.advance(18 * MINUTE)
    const known = activeAlerts(before.status())
    const after = evaluator(undefined, known)
    await after.advance(50 * MINUTE)
    expect(alertChanges(known, after.status())).toEqual({ fired: [], resolved: known })
  })
})

test('minutes that were missed are judged one by one', async () => {
  const one = evaluator()
  expect(await states(one, [9, 16])).toEqual([undefined, 'firing'])
  expect(activeAlerts(one.status())).toMatchObject([{ activeMs: 10 * MINUTE, firedMs: 15 * MINUTE }])
})

test('what cannot be judged keeps its alerts and says why, and is judged from there on later', async () => {
  const whole = seriesOf([HOT], MINUTE)
  const reasons = new Set<string>()
  const source: RuleSource = { select: (matchers, range) => whole.select(matchers, range), partialReasons: reasons }
  const one = evaluator(source)
  await one.advance(16 * MINUTE)
  reasons.add('the hot view failed: it is away')
  await one.advance(30 * MINUTE)
  expect(one.status().rules[0]).toMatchObject({ health: 'err', judgedMs: 16 * MINUTE, alerts: [{ state: 'firing' }] })
  expect(one.status().rules[0].lastError).toContain('the hot view failed: it is away')
  reasons.clear()
  await one.advance(31 * MINUTE)
  expect(one.status().rules[0]).toMatchObject({ health: 'ok', alerts: [] })
})

test('series that would become the same alert are told', async () => {
  const [doubled] = readRuleFile(
    `groups: [{ name: g, rules: [{ alert: A, expr: up, labels: { host: same } }] }]`,
    'g.yaml',
    MINUTE,
  )
  const source = seriesOf(['up{host="a"} 1x3', 'up{host="b"} 1x3'], MINUTE)
  const one = new GroupEvaluator(doubled, { open: async () => source, limits, now: () => 0 })
  await one.advance(MINUTE)
  expect(one.status().rules[0].lastError).toContain('two series of its expression have the same labels')
})

describe('a time is judged', () => {
  const judgeable = (nowMs: number, completeThroughMs?: number) =>
    judgeableMs({ intervalMs: 30_000 }, nowMs, 25_000, completeThroughMs)

  test('once all of its windows can be there', () => {
    expect([judgeable(100_000), judgeable(115_000)]).toEqual([60_000, 90_000])
  })

  test('before that, if they are known to be there', () => {
    expect([judgeable(100_000, 89_999), judgeable(100_000, 90_000)]).toEqual([60_000, 90_000])
  })

  test('at the latest then, whatever is known', () => {
    expect(judgeable(115_000, 0)).toBe(90_000)
  })

  test('not before it has come', () => {
    expect(judgeable(100_000, Number.POSITIVE_INFINITY)).toBe(90_000)
  })
})
