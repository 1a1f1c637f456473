import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Tail } from './tail.js'

const PACE = { everyMs: 1000, idleMs: 15_000 }

let written: string[]
let isBehind: boolean
let evaluations: number
let client: AbortController
let tail: Tail
let ended: Promise<void>

beforeEach(() => {
  vi.useFakeTimers()
  written = []
  isBehind = false
  evaluations = 0
  client = new AbortController()
  const reader = {
    write: (text: string) => void written.push(text.trim().replaceAll('\n', ' ')),
    isBehind: () => isBehind,
    gone: client.signal,
  }
  tail = new Tail(async () => `answer ${++evaluations}`, reader, PACE)
  ended = tail.run('answer 0')
})
afterEach(async () => {
  client.abort()
  await ended
  vi.useRealTimers()
})

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

test('tells the first answer at once, and the next one when something has changed', async () => {
  expect(written).toEqual(['answer 0'])
  await pass(5000)
  expect(written).toEqual(['answer 0'])
  tail.changed()
  await pass(0)
  expect(written).toEqual(['answer 0', 'answer 1'])
})

test('changes in quick succession make one answer a second', async () => {
  await pass(2000)
  for (let i = 0; i < 29; i++) {
    tail.changed()
    await pass(100)
  }
  expect(written).toEqual(['answer 0', 'answer 1', 'answer 2', 'answer 3'])
})

test('a change while an answer is evaluated makes another', async () => {
  await pass(2000)
  tail.changed()
  await pass(0)
  tail.changed()
  await pass(1000)
  expect(written).toEqual(['answer 0', 'answer 1', 'answer 2'])
})

test('without a change shows that it is there, and what time has done to the answer', async () => {
  await pass(30_500)
  expect(written).toEqual(['answer 0', ': still here', 'answer 1', ': still here', 'answer 2'])
})

test('a client that is behind misses answers, is told how many, and gets the newest', async () => {
  isBehind = true
  for (let i = 0; i < 3; i++) {
    tail.changed()
    await pass(1000)
  }
  expect(evaluations).toBe(0)
  isBehind = false
  tail.drained()
  await pass(0)
  expect(written).toEqual(['answer 0', 'event: skipped data: {"updates":3}', 'answer 1'])
})

test('a client that was behind while nothing changed has missed nothing', async () => {
  isBehind = true
  await pass(10_000)
  isBehind = false
  tail.drained()
  await pass(1000)
  expect(written).toEqual(['answer 0'])
})

test('ends with its client, at once', async () => {
  client.abort()
  await ended
  tail.changed()
  await pass(60_000)
  expect(written).toEqual(['answer 0'])
  expect(evaluations).toBe(0)
})

test('an evaluation that fails for good ends it', async () => {
  const failing = new Tail(
    async () => {
      throw new Error('out of luck')
    },
    { write: () => {}, isBehind: () => false, gone: client.signal },
    PACE,
  )
  const running = failing.run('')
  running.catch(() => {})
  failing.changed()
  await pass(1000)
  await expect(running).rejects.toThrow('out of luck')
})
