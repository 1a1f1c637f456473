import { expect, test } from 'vitest'
import { GONE_MS, turnOf } from './deployment.js'

const NOW = 1_000_000_000

/** Builds that were seen first in this order, a minute apart. */
const seen = (...builds: string[]) => new Map(builds.map((build, i) => [build, i * 60_000]))

test.each([
  ['nobody ever had the work', { sinceMs: seen('ours') }, 'take'],
  ['it is ours', { current: 'ours', sinceMs: seen('ours'), currentPolledMs: NOW }, 'ours'],
  ['the server has not seen ours yet', { current: 'old', sinceMs: seen('old'), currentPolledMs: NOW }, 'unseen'],
  ['ours is the newer one', { current: 'old', sinceMs: seen('old', 'ours'), currentPolledMs: NOW }, 'take'],
  [
    'ours is the older one, started again',
    { current: 'new', sinceMs: seen('ours', 'new'), currentPolledMs: NOW },
    'another',
  ],
  [
    'ours is the older one, and the newer one asked for work within its time',
    { current: 'new', sinceMs: seen('ours', 'new'), currentPolledMs: NOW - GONE_MS },
    'another',
  ],
  [
    'ours is the older one, and the newer one is gone: someone went back',
    { current: 'new', sinceMs: seen('ours', 'new'), currentPolledMs: NOW - GONE_MS - 1 },
    'take',
  ],
  ['the server has forgotten when the newer one asked', { current: 'new', sinceMs: seen('ours', 'new') }, 'take'],
  [
    'the server has forgotten the one that had the work',
    { current: 'gone', sinceMs: seen('ours'), currentPolledMs: NOW },
    'take',
  ],
] as const)('whose turn it is when %s', (_, builds, turn) => {
  expect(turnOf('ours', builds, NOW)).toBe(turn)
})
