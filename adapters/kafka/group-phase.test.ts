import { describe, expect, test } from 'vitest'
import { type GroupEvent, type GroupStanding, standingAfter, stuckReason } from './group-phase.js'

const standingOf = (...events: GroupEvent[]): GroupStanding =>
  events.reduce<GroupStanding>((standing, event, i) => standingAfter(standing, event, (i + 1) * 1000), {
    phase: 'joining',
    sinceMs: 0,
  })

test('a consumer reads once it has a share that the group confirmed', () => {
  expect(standingOf('rebalance', 'share', 'confirm')).toEqual({ phase: 'reading', sinceMs: 3000 })
})

test('a heartbeat of before the share confirms nothing', () => {
  expect(standingOf('confirm').phase).toBe('joining')
  expect(standingOf('share', 'rebalance', 'confirm').phase).toBe('joining')
})

test('what ended stays ended', () => {
  for (const event of ['rebalance', 'share', 'confirm', 'turn', 'end'] as const)
    expect(standingOf('share', 'confirm', 'end', event).phase).toBe('over')
})

describe('a consumer is held to be stuck', () => {
  const reading = standingOf('share', 'confirm')

  test('while reading, a minute after its loop last turned', () => {
    const turned = standingAfter(reading, 'turn', 50_000)
    expect(stuckReason(turned, 110_000)).toBeUndefined()
    expect(stuckReason(turned, 110_001)).toBe('it stopped fetching within 60 s')
    // A heartbeat alone is no turn.
    expect(stuckReason(standingAfter(reading, 'confirm', 50_000), 70_000)).toBeDefined()
  })

  test('when rebalances take more than a minute, however many follow each other', () => {
    let standing = standingAfter(reading, 'rebalance', 10_000)
    for (let nowMs = 20_000; nowMs <= 70_000; nowMs += 10_000)
      standing = standingAfter(standing, nowMs % 20_000 === 0 ? 'share' : 'rebalance', nowMs)
    expect(stuckReason(standing, 70_000)).toBeUndefined()
    expect(stuckReason(standing, 70_001)).toBe('a rebalance did not come to its end within 60 s')
    expect(stuckReason(standingAfter(standing, 'share', 70_001), 70_001)).toMatch('did not confirm')
  })

  test('never while heartbeats confirm its share and its loop turns', () => {
    let standing = reading
    for (let nowMs = 10_000; nowMs <= 300_000; nowMs += 10_000) {
      standing = standingAfter(standingAfter(standing, 'confirm', nowMs), 'turn', nowMs)
      expect(stuckReason(standing, nowMs + 10_000)).toBeUndefined()
    }
  })

  test('never once it is over', () => {
    expect(stuckReason(standingOf('end'), 1e12)).toBeUndefined()
  })
})
