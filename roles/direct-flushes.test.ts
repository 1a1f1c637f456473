import { expect, test } from 'vitest'
import type { ActiveAlert } from '../schemas/ports/rules.js'
import { directFlushes } from './direct-flushes.js'

function alert(host: string, parts: Partial<ActiveAlert> = {}): ActiveAlert {
  const labels = { alertname: 'A', service: 'api', region: 'eu', host }
  const times = { activeMs: 1, firedMs: 2, seenMs: 3 }
  return { fingerprint: host, labels, annotations: {}, state: 'firing', value: 1, ...times, ...parts }
}

const told = (flushes: ReturnType<typeof directFlushes>) =>
  flushes.map(({ reason, groupLabels, alerts }) => [
    reason,
    groupLabels.region,
    alerts.map(({ fingerprint, status }) => `${fingerprint} ${status}`),
  ])

test('a group has something to say where an alert began to fire, and says all that fires', () => {
  const us = alert('c', { labels: { alertname: 'A', service: 'api', region: 'us', host: 'c' } })
  expect(told(directFlushes([alert('a'), us], [alert('a'), alert('b'), us], 10))).toEqual([
    ['changed', 'eu', ['a firing', 'b firing']],
  ])
})

test('a group of which nothing fires any more is resolved', () => {
  expect(told(directFlushes([alert('a')], [], 10))).toEqual([['resolved', 'eu', ['a resolved']]])
  expect(told(directFlushes([alert('a'), alert('b')], [alert('b')], 10))).toEqual([
    ['changed', 'eu', ['b firing', 'a resolved']],
  ])
})

test('what is pending is not told, and where nothing changed nothing is', () => {
  expect(directFlushes([], [alert('a', { state: 'pending' })], 10)).toEqual([])
  expect(directFlushes([alert('a')], [alert('a')], 10)).toEqual([])
})
