import { beforeEach, expect, test } from 'vitest'
import { dropMetadata, formatLabels, labelValue, METRIC_NAME } from '../promql/labels.js'
import type { ActiveAlert, RuleStatus } from '../schemas/ports/rules.js'
import { AlertRecorder } from './alert-recorder.js'
import type { JudgedGroup } from './judging.js'
import type { StoredPoint } from './record.js'

const LATENESS_MS = 15_000
const NOW_MS = 500_000

let written: StoredPoint[]
let recorder: AlertRecorder
beforeEach(() => {
  written = []
  recorder = recorderInto(async (points) => void written.push(...points))
})

function recorderInto(write: (points: readonly StoredPoint[]) => Promise<void>): AlertRecorder {
  return new AlertRecorder({ write, latenessMs: LATENESS_MS, clock: () => NOW_MS })
}

function alert(state: ActiveAlert['state'], host = 'a', alertname = 'Hot'): ActiveAlert {
  const labels = { alertname, host, team: 'x' }
  return { fingerprint: host, labels, annotations: {}, state, value: 95, activeMs: 61_999, seenMs: 61_999 }
}

function rule(judgedMs: number, alerts: ActiveAlert[], parts: Partial<RuleStatus> = {}): RuleStatus {
  const facts = { alert: 'Hot', query: 'up', forMs: 0, keepFiringMs: 0, annotations: {}, tookMs: 0 }
  return { ...facts, labels: { team: 'x' }, health: 'ok', judgedMs, alerts, ...parts }
}

function group(rules: RuleStatus[], before: ActiveAlert[] = [], isGone?: boolean): JudgedGroup {
  return { before, status: { name: 'g', file: 'f', intervalMs: 10_000, rules }, ...(isGone && { isGone }) }
}

/** What was written since it was asked last. */
function told(): string[] {
  return written
    .splice(0)
    .map(
      ({ labels, timeMs, value }) =>
        `${timeMs} ${labelValue(labels, METRIC_NAME)}${formatLabels(dropMetadata(labels))} ${value}`,
    )
}

test('an alert is two series with the labels of the rule, of the moment from which it could be known', async () => {
  await recorder.record([group([rule(70_000, [alert('pending')])])])
  expect(told()).toEqual([
    '85000 ALERTS{alertname="Hot", alertstate="pending", host="a", team="x"} 1',
    '85000 ALERTS_FOR_STATE{alertname="Hot", host="a", team="x"} 61',
  ])
})

test('one that begins to fire ends the series of the pending one, and both end with the alert', async () => {
  await recorder.record([group([rule(70_000, [alert('pending')])])])
  await recorder.record([group([rule(80_000, [alert('firing')])], [alert('pending')])])
  await recorder.record([group([rule(90_000, [])], [alert('firing')])])
  await recorder.record([group([rule(100_000, [])])])
  expect(told().slice(2)).toEqual([
    '95000 ALERTS{alertname="Hot", alertstate="firing", host="a", team="x"} 1',
    '95000 ALERTS_FOR_STATE{alertname="Hot", host="a", team="x"} 61',
    '95000 ALERTS{alertname="Hot", alertstate="pending", host="a", team="x"} stale',
    '105000 ALERTS{alertname="Hot", alertstate="firing", host="a", team="x"} stale',
    '105000 ALERTS_FOR_STATE{alertname="Hot", host="a", team="x"} stale',
  ])
})

test('what another process had written, or this one before a restart, is ended', async () => {
  await recorder.record([group([rule(90_000, [])], [alert('firing')])])
  expect(told().map((line) => line.split(' ').at(-1))).toEqual(['stale', 'stale'])
})

test('of a rule that could not be judged nothing is written, and nothing is ended', async () => {
  const other = rule(70_000, [alert('firing', 'b', 'Cold')], { alert: 'Cold' })
  await recorder.record([group([rule(70_000, [alert('firing')]), other])])
  told()
  const failed = rule(70_000, [alert('firing')], { health: 'err' })
  const goesOn = rule(80_000, [], { alert: 'Cold' })
  await recorder.record([group([failed, goesOn], [alert('firing'), alert('firing', 'b', 'Cold')])])
  expect(told()).toEqual([
    '95000 ALERTS{alertname="Cold", alertstate="firing", host="b", team="x"} stale',
    '95000 ALERTS_FOR_STATE{alertname="Cold", host="b", team="x"} stale',
  ])
  await recorder.record([group([rule(90_000, [])])])
  expect(told()).toHaveLength(2)
})

test('the series of a group that is gone end now', async () => {
  await recorder.record([group([rule(70_000, [alert('firing')])])])
  told()
  await recorder.record([group([rule(70_000, [])], [alert('firing')], true)])
  expect(told().map((line) => line.split(' ')[0])).toEqual([`${NOW_MS}`, `${NOW_MS}`])
})

test('what was not taken is ended all the same', async () => {
  let isAway = false
  recorder = recorderInto(async (points) => {
    if (isAway) throw new Error('the log is away')
    written.push(...points)
  })
  await recorder.record([group([rule(70_000, [alert('firing')])])])
  told()
  isAway = true
  await expect(recorder.record([group([rule(80_000, [])], [alert('firing')])])).rejects.toThrow('away')
  isAway = false
  await recorder.record([group([rule(90_000, [])])])
  expect(told()).toHaveLength(2)
})
