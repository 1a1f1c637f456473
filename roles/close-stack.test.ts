import { expect, test } from 'vitest'
import { CloseStack } from './close-stack.js'

test('what was opened last is closed first, one after the other, and once', async () => {
  const closed: string[] = []
  const stack = new CloseStack()
  stack.add('a', () => closed.push('a'))
  stack.add('b', async () => {
    await new Promise(setImmediate)
    closed.push('b')
  })
  await stack.close()
  await stack.close()
  expect(closed).toEqual(['b', 'a'])
})

test('one that fails keeps the others from nothing, and is named', async () => {
  const closed: string[] = []
  const stack = new CloseStack()
  stack.add('first', () => closed.push('first'))
  stack.add('second', () => Promise.reject(new Error('stuck')))
  stack.add('third', () => {
    throw new Error('gone')
  })
  await expect(stack.close()).rejects.toThrow('third did not close: gone')
  expect(closed).toEqual(['first'])
})
