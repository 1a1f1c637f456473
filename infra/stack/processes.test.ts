import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'
import { isAlive, killAndWait, markOf } from './processes.js'

test('a mark holds for its process until that is gone, also while it is halted', async () => {
  const child = spawn('sleep', ['600'])
  const mark = markOf(child.pid!)!
  child.kill('SIGSTOP')
  expect(isAlive(mark)).toBe(true)
  await killAndWait(mark)
  expect(isAlive(mark)).toBe(false)
})

test('a later process of the same number is not ended', async () => {
  const mark = markOf(process.pid)!
  const earlier = { ...mark, startedTicks: mark.startedTicks - 1 }
  expect(isAlive(mark)).toBe(true)
  expect(isAlive(earlier)).toBe(false)
  await killAndWait(earlier)
})
