import { expect, test } from 'vitest'
import { loadConfig } from '../../schemas/config/load.js'
import { judged } from './check-topics.js'
import type { TopicState } from './client-parts.js'
import { differences, groupName, plannedTopics, settingsToStore } from './topics.js'

const configWith = (overrides: Record<string, unknown> = {}) => loadConfig({ env: {}, overrides })
const plan = plannedTopics(configWith())[0]
const fitting: TopicState = {
  name: plan.name,
  partitions: plan.partitions,
  replication: plan.replication,
  settings: new Map(Object.entries(plan.settings)),
  ownSettings: Object.keys(plan.settings),
}
const withSetting = (name: string, value: string): TopicState => ({
  ...fitting,
  settings: new Map(fitting.settings).set(name, value),
})

test('the topics follow the config', () => {
  const config = configWith({
    'kafka.topic_prefix': 'blue.',
    'kafka.replication': 3,
    'log.partitions': 12,
    'log.windows_retention': '2h',
  })
  const [points, windows, deadletter] = plannedTopics(config)
  expect(points).toMatchObject({
    name: 'blue.tidemark.points',
    partitions: 12,
    replication: 3,
    settings: { 'retention.ms': '86400000', 'min.insync.replicas': '2', 'compression.type': 'producer' },
  })
  expect(windows.settings['retention.ms']).toBe('7200000')
  expect(deadletter).toMatchObject({ partitions: 1, settings: { 'retention.ms': '604800000' } })
  expect(groupName(config, 'tidemark.points', 'speed')).toBe('blue.tidemark.points.speed')
})

test('with fewer than three copies one broker in sync must do', () => {
  for (const replication of [1, 2])
    expect(plannedTopics(configWith({ 'kafka.replication': replication }))[0].settings['min.insync.replicas']).toBe('1')
})

test('a topic that fits has no difference, nor has one with more partitions', () => {
  expect(differences(plan, fitting)).toEqual([])
  expect(differences(plan, { ...fitting, partitions: 99 })).toEqual([])
})

test('each difference is found', () => {
  expect(differences(plan, undefined)).toEqual([{ kind: 'missing' }])
  expect(differences(plan, { ...fitting, partitions: 1, replication: 2 })).toEqual([
    { kind: 'partitions', is: 1, wanted: 4 },
    { kind: 'replication', is: 2, wanted: 1 },
  ])
  expect(differences(plan, withSetting('retention.ms', '5'))).toEqual([
    { kind: 'setting', name: 'retention.ms', is: '5', wanted: '86400000' },
  ])
  expect(differences(plan, { ...fitting, settings: undefined, ownSettings: [] })).toEqual([{ kind: 'hidden' }])
})

test('settings that are stored keep what else stands at the topic', () => {
  const state = { ...withSetting('segment.bytes', '7'), ownSettings: ['segment.bytes', 'retention.ms'] }
  expect(settingsToStore(plan, state)).toEqual({ ...plan.settings, 'segment.bytes': '7' })
})

test.each([
  ['retention.ms', '5', 'problem'],
  ['retention.ms', '-1', 'warning'],
  ['retention.ms', '999999999', 'warning'],
  ['max.message.bytes', '1048588', 'problem'],
  ['max.message.bytes', '99999999', 'warning'],
  ['min.insync.replicas', '2', 'warning'],
  ['cleanup.policy', 'compact', 'problem'],
  ['message.timestamp.type', 'CreateTime', 'warning'],
])('%s of %s is a %s', (name, value, state) => {
  const [difference] = differences(plan, withSetting(name, value))
  expect(judged(difference)).toMatchObject({ state, fix: expect.stringContaining('tidemark init') })
})

test('fewer copies than wanted endanger records, more only cost', () => {
  expect(judged({ kind: 'replication', is: 1, wanted: 3 }).state).toBe('problem')
  expect(judged({ kind: 'replication', is: 3, wanted: 1 }).state).toBe('warning')
  expect(judged({ kind: 'missing' }).state).toBe('problem')
  expect(judged({ kind: 'hidden' }).state).toBe('warning')
  expect(judged({ kind: 'partitions', is: 1, wanted: 4 }).state).toBe('warning')
})
