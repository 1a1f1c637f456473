import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { freePort } from './ports.js'

test('the port of the last start is taken again', async () => {
  const port = await freePort(undefined, new Set())
  expect(await freePort(port, new Set())).toBe(port)
})

test('a port that someone listens on, or that was given out before, is not given out', async () => {
  const taken = new Set<number>()
  const port = await freePort(undefined, taken)
  expect(taken).toEqual(new Set([port]))
  expect(await freePort(port, taken)).not.toBe(port)

  const server = createServer()
  await new Promise<void>((ready) => server.listen(port, '127.0.0.1', ready))
  expect(await freePort(port, new Set())).not.toBe(port)
  server.close()
})
