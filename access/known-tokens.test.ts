import { randomBytes } from 'node:crypto'
import { afterEach, expect, test, vi } from 'vitest'
import { createToken } from './create-token.js'
import { KnownTokens } from './known-tokens.js'
import { MemoryTokens } from './testing/memory-tokens.js'
import { parseToken, type TokenParts } from './token.js'

const START = Date.UTC(2026, 0, 1)

function stage() {
  const store = new MemoryTokens()
  const time = { nowMs: START }
  const clock = () => time.nowMs
  const known = new KnownTokens(store, clock)
  const make = async (name: string): Promise<TokenParts> => {
    const { text } = await createToken({ name, role: 'read' }, { store, random: randomBytes, clock })
    return parseToken(text)!
  }
  return { store, known, time, make }
}

afterEach(() => vi.useRealTimers())

test('a token is looked up once, however often and by however many it is shown', async () => {
  const { store, known, make } = stage()
  const token = await make('a')
  await Promise.all(Array.from({ length: 50 }, () => known.verify(token)))
  for (let i = 0; i < 50; i++) await known.verify(token)
  expect(store.lookups).toBe(1)
})

test('an id that nobody has is looked up once between two refreshes', async () => {
  const { store, known } = stage()
  const guess = { id: '0'.repeat(12), secret: 'x'.repeat(43) }
  for (let i = 0; i < 5; i++) await expect(known.verify(guess)).rejects.toMatchObject({ code: 'TM_AUTH_REFUSED' })
  expect(store.lookups).toBe(1)
  await known.refresh()
  await expect(known.verify(guess)).rejects.toMatchObject({ code: 'TM_AUTH_REFUSED' })
  expect(store.lookups).toBe(3)
})

test('use is noted at most once a minute', async () => {
  const { store, known, time, make } = stage()
  const token = await make('a')
  const lastUsed = async () => (await store.list())[0].lastUsedMs
  await known.verify(token)
  await known.refresh()
  expect(await lastUsed()).toBe(START)
  time.nowMs += 59_999
  await known.verify(token)
  await known.refresh()
  expect(await lastUsed()).toBe(START)
  time.nowMs += 1
  await known.verify(token)
  await known.refresh()
  expect(await lastUsed()).toBe(START + 60_000)
})

test('a token that is not used any more is forgotten', async () => {
  const { known, time, make } = stage()
  const token = await make('a')
  await known.verify(token)
  time.nowMs += 600_001
  await known.refresh()
  expect(known.remembers(token)).toBe(false)
})

test('a token whose row was removed is refused after the next refresh', async () => {
  const { store, known, make } = stage()
  const token = await make('a')
  await known.verify(token)
  await store.revoke('a', START)
  await store.trim(START + 1)
  await known.refresh()
  await expect(known.verify(token)).rejects.toMatchObject({ code: 'TM_AUTH_REFUSED' })
})

test('a catalog that does not answer keeps nobody waiting, and no more than a hundred look-ups wait', async () => {
  vi.useFakeTimers()
  const { store, known } = stage()
  store.hangs = true
  const ids = Array.from({ length: 101 }, (_, i) => String(i).padStart(12, '0'))
  const codes = Promise.all(
    ids.map((id) => known.verify({ id, secret: 'x' }).catch(({ code, message }) => `${code} ${message}`)),
  )
  await vi.advanceTimersByTimeAsync(2000)
  const answers = await codes
  expect(answers[0]).toContain('does not answer within 2000 ms')
  expect(answers[100]).toContain('100 others are being looked up')
  expect(store.lookups).toBe(100)
})

test('more tokens than can be remembered are verified all the same', async () => {
  const { known, make } = stage()
  const first = await make('first')
  await known.verify(first)
  for (let i = 0; i < 10_000; i++) await known.verify(await make(`t${i}`))
  expect(known.remembers(first)).toBe(false)
  expect(await known.verify(first)).toMatchObject({ name: 'first' })
})
