import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Breaker } from './breaker.js'

let answers: boolean
let probes: number
let calls: number
let told: string[]
let breaker: Breaker

beforeEach(() => {
  vi.useFakeTimers()
  answers = true
  probes = 0
  calls = 0
  told = []
  breaker = new Breaker({
    isOutage: (error) => (error as Error).message !== 'out of memory',
    onOutage: (reason) => void told.push(reason),
    probe: async () => {
      probes++
      if (!answers) throw new Error('refused')
    },
  })
})
afterEach(() => {
  breaker.close()
  vi.useRealTimers()
})

const call = (failure?: string) =>
  breaker.run(async () => {
    calls++
    if (failure) throw new Error(failure)
    return 'answer'
  })

test('lets calls through, and their errors', async () => {
  expect(await call()).toBe('answer')
  await expect(call('out of memory')).rejects.toThrow('out of memory')
  expect(await call()).toBe('answer')
  expect(told).toEqual([])
})

test('after an outage calls fail at once with its reason, and the server is not asked', async () => {
  await expect(call('timed out')).rejects.toThrow('timed out')
  await expect(call()).rejects.toThrow('timed out')
  expect(calls).toBe(1)
})

test('lets calls through again once a probe is answered', async () => {
  answers = false
  await expect(call('timed out')).rejects.toThrow('timed out')
  await vi.advanceTimersByTimeAsync(60_000)
  await expect(call()).rejects.toThrow('refused')
  answers = true
  await vi.advanceTimersByTimeAsync(5000)
  expect(await call()).toBe('answer')
})

test('asks less and less often while there is no answer, and at least every five seconds', async () => {
  answers = false
  await expect(call('timed out')).rejects.toThrow()
  await vi.advanceTimersByTimeAsync(7750)
  expect(probes).toBe(5)
  await vi.advanceTimersByTimeAsync(100_000)
  expect(probes).toBe(25)
})

test('a server that answers probes but no calls is left alone for longer each time', async () => {
  for (let times = 0; times < 5; times++) {
    await expect(call('timed out')).rejects.toThrow('timed out')
    await vi.advanceTimersByTimeAsync(250 * 2 ** times - 1)
    await expect(call()).rejects.toThrow('timed out')
    await vi.advanceTimersByTimeAsync(1)
  }
  expect(calls).toBe(5)
  expect(told).toEqual(['timed out'])
  expect(await call()).toBe('answer')
  await expect(call('timed out')).rejects.toThrow('timed out')
  await vi.advanceTimersByTimeAsync(250)
  expect(await call()).toBe('answer')
  expect(told).toEqual(['timed out', 'timed out'])
})
