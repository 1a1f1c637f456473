import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Check } from './checks.js'
import { Readiness } from './readiness.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const failing = (name: string, isWarning = false): Check => ({
  name,
  isWarning,
  ask: async () => {
    throw new Error('it is away')
  },
})

test('each thing that does not answer is named, what can be done without as a warning', async () => {
  const well: Check = { name: 'catalog', ask: async () => 'epoch 3' }
  const readiness = new Readiness([failing('log'), failing('live view', true), well, failing('objects')], () => 0)
  expect(await readiness.now()).toEqual({
    reasons: ['log: it is away', 'objects: it is away'],
    warnings: ['live view: it is away'],
  })
})

test('an engine that is frozen does not hold the answer up', async () => {
  const frozen: Check = { name: 'hot store', ask: () => new Promise(() => {}) }
  const asked = new Readiness([frozen], () => 0).now()
  await vi.advanceTimersByTimeAsync(2000)
  expect(await asked).toEqual({ reasons: ['hot store: no answer within 2000 ms'], warnings: [] })
})

test('engines are asked once a second at most, and once for all roles that share them', async () => {
  let nowMs = 0
  let asked = 0
  const log: Check = { name: 'log', ask: async () => void asked++ }
  const readiness = new Readiness([log, { ...log }], () => nowMs)
  await readiness.now()
  nowMs = 999
  await readiness.now()
  expect(asked).toBe(1)
  nowMs = 1000
  await readiness.now()
  expect(asked).toBe(2)
})
