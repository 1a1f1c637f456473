import { expect, test } from 'vitest'
import { parseExpr } from '../promql/parse.js'
import { askOnce } from './ask.js'
import { GroupEvaluator } from './evaluate.js'
import { GroupRecorder, recordableMs } from './group-recorder.js'
import type { StoredPoint } from './record.js'
import { readRuleFile } from './rule-file.js'
import { seriesOf } from './testing/series.js'

const MINUTE = 60_000
const limits = { querySamples: 1_000_000, queryDepth: 100, queryResultSamples: 1_000_000 }
const RULES = `
groups:
  - name: g
    interval: 1m
    rules:
      - { record: 'job:errors:sum', expr: 'sum by (job) (errors)', labels: { kind: sum } }
      - { record: 'job:errors:doubled', expr: '2 * job:errors:sum' }
      - { record: 'errors:peak', expr: 'max(max_over_time(job:errors:sum[3m]))' }
      - { alert: Errors, expr: 'job:errors:doubled > 10' }
`
const [group] = readRuleFile(RULES, 'f.yaml', MINUTE)
const ERRORS = [
  'errors{job="a",host="1"} 1x5 stale',
  'errors{job="a",host="2"} 2+1x10',
  'errors{job="b",host="3"} 1x2 stale',
]

/** A store that shows points so many ms of event time after they were recorded. */
function stage(lines: readonly string[], hiddenMs = 0) {
  const store = seriesOf(lines, MINUTE)
  const written: StoredPoint[] = []
  const waiting: StoredPoint[] = []
  let refusals = 0
  const show = (upToMs: number) => {
    while (waiting.length > 0 && waiting[0].timeMs <= upToMs) {
      const { labels, timeMs, value } = waiting.shift()!
      store.appendNewer(labels, timeMs, value)
    }
  }
  const options = {
    open: async () => store,
    limits,
    now: () => 0,
    write: async (points: readonly StoredPoint[]) => {
      if (refusals-- > 0) throw new Error('the log is away')
      written.push(...points)
      waiting.push(...points)
      show(points[0].timeMs - hiddenMs)
    },
  }
  return {
    store,
    options,
    written,
    show,
    refuse: (times: number) => {
      refusals = times
    },
  }
}

function texts(points: readonly StoredPoint[], metric: string): string[] {
  return points
    .filter(({ labels }) => labels.some(([name, text]) => name === '__name__' && text === metric))
    .map(({ labels, timeMs, value }) => {
      const shown = labels.filter(([name]) => name !== '__name__').map((label) => label.join('='))
      return `${timeMs / MINUTE}m ${shown.join(' ')} ${value}`
    })
}

test('what a rule gives is written at the time it was evaluated for, with its labels', async () => {
  const { options, written } = stage(ERRORS)
  await new GroupRecorder(group, options).record(MINUTE)
  expect(texts(written, 'job:errors:sum')).toEqual(['1m job=a kind=sum 4', '1m job=b kind=sum 1'])
})

test.each([
  ['at once', 0],
  ['a minute later', MINUTE],
  ['only after all', 100 * MINUTE],
])('later rules of the group see what earlier ones gave, if the store shows it %s', async (_, hiddenMs) => {
  const { options, written } = stage(ERRORS, hiddenMs)
  const recorder = new GroupRecorder(group, options)
  for (let minute = 0; minute <= 4; minute++) await recorder.record(minute * MINUTE)
  expect(texts(written, 'job:errors:doubled').filter((text) => text.includes('job=a'))).toEqual(
    [6, 8, 10, 12, 14].map((value, i) => `${i}m job=a kind=sum ${value}`),
  )
  expect(texts(written, 'errors:peak')).toEqual([3, 4, 5, 6, 7].map((value, i) => `${i}m  ${value}`))
})

test('a series that is there no more is ended with a staleness marker, once', async () => {
  const { options, written } = stage(ERRORS)
  const recorder = new GroupRecorder(group, options)
  for (let minute = 1; minute <= 6; minute++) await recorder.record(minute * MINUTE)
  const ofB = texts(written, 'job:errors:sum').filter((text) => text.includes('job=b'))
  expect(ofB).toEqual(['1m job=b kind=sum 1', '2m job=b kind=sum 1', '3m job=b kind=sum stale'])
})

test('minutes that were missed are recorded one by one, also over a restart, and what ended meanwhile is ended', async () => {
  const steady = stage(ERRORS)
  const one = new GroupRecorder(group, steady.options)
  for (let minute = 1; minute <= 6; minute++) await one.record(minute * MINUTE)
  const broken = stage(ERRORS)
  await new GroupRecorder(group, broken.options).record(MINUTE)
  const restarted = new GroupRecorder(group, broken.options, MINUTE)
  await restarted.record(6 * MINUTE)
  expect(broken.written).toEqual(steady.written)
  expect(restarted.status()[0]).toMatchObject({ record: 'job:errors:sum', health: 'ok', judgedMs: 6 * MINUTE })
})

test('points that the log did not take are recorded at the next turn', async () => {
  const { options, written, refuse } = stage(ERRORS)
  const recorder = new GroupRecorder(group, options)
  await recorder.record(MINUTE)
  refuse(1)
  await expect(recorder.record(2 * MINUTE)).rejects.toThrow('the log is away')
  await recorder.record(3 * MINUTE)
  const ofA = texts(written, 'job:errors:sum').filter((text) => text.includes('job=a'))
  expect(ofA).toEqual(['1m job=a kind=sum 4', '2m job=a kind=sum 5', '3m job=a kind=sum 6'])
})

test.each([
  [
    'two series that its labels make one',
    `{ record: r, expr: errors, labels: { job: '', host: '' } }`,
    'have the same labels',
  ],
  ['more series than the group allows', '{ record: r, expr: errors }', 'exceeded limit of 1 with 3 series'],
  ['an expression that fails', '{ record: r, expr: "errors * on(job) errors" }', 'the rule r cannot be judged'],
])('%s: the rule fails and says why, others go on', async (_, rule, reason) => {
  const [failing] = readRuleFile(
    `groups: [{ name: g, limit: 1, rules: [${rule}, { record: fine, expr: 'vector(1)' }] }]`,
    'f.yaml',
    MINUTE,
  )
  const { options, written } = stage(ERRORS)
  const recorder = new GroupRecorder(failing, options)
  await recorder.record(MINUTE)
  expect(recorder.status()).toMatchObject([
    { health: 'err', lastError: expect.stringContaining(reason) },
    { health: 'ok' },
  ])
  expect(texts(written, 'fine')).toEqual(['1m  1'])
})

test('a group that asks as of a time before records there', async () => {
  const [late] = readRuleFile(
    `groups: [{ name: g, query_offset: 2m, rules: [{ record: r, expr: 'sum(errors)' }] }]`,
    'f.yaml',
    MINUTE,
  )
  const { options, written } = stage(ERRORS)
  await new GroupRecorder(late, options).record(4 * MINUTE)
  expect(texts(written, 'r')).toEqual(['2m  6'])
})

test('alerts read what was recorded', async () => {
  const { store, options } = stage(ERRORS)
  const recorder = new GroupRecorder(group, options)
  const evaluator = new GroupEvaluator(group, options)
  for (let minute = 1; minute <= 5; minute++) {
    await recorder.record(minute * MINUTE)
    await evaluator.advance(minute * MINUTE)
  }
  expect(evaluator.status().rules).toMatchObject([
    { alert: 'Errors', alerts: [{ labels: { job: 'a' }, activeMs: 3 * MINUTE }] },
  ])
  const expr = 'count_over_time(job:errors:doubled{job="a"}[10m])'
  const counted = await askOnce({ expr: parseExpr(expr), text: expr }, 5 * MINUTE, {
    ...options,
    open: async () => store,
  })
  expect(counted).toMatchObject([{ value: 5 }])
})

test('rules that record are evaluated while their points still come in time', () => {
  expect(recordableMs({ intervalMs: 30_000 }, 69_000, 15_000)).toBe(30_000)
  expect(recordableMs({ intervalMs: 30_000 }, 70_000, 15_000)).toBe(60_000)
  expect(recordableMs({ intervalMs: 30_000, queryOffsetMs: 60_000 }, 70_000, 15_000)).toBe(120_000)
})

test('a store without any such series answers as it is', async () => {
  const { options } = stage([])
  const recorder = new GroupRecorder(group, options)
  await recorder.record(MINUTE)
  expect(recorder.status().map(({ health }) => health)).toEqual(['ok', 'ok', 'ok'])
})
