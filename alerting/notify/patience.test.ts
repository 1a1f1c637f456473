import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { patience } from './patience.js'

const WAIT_MS = 200

test('an answer that came while the process was halted is found, however long that was', async () => {
  const server = createServer((_, response) => {
    // Answered, and nobody here runs for twice the time that the asking side waits.
    response.end('ok', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * WAIT_MS))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { signal, end } = patience(WAIT_MS)
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { signal })
  expect(await answer.text()).toBe('ok')
  end()
  server.closeAllConnections()
  server.close()
})

test('it ends by itself, and not once it is let go', async () => {
  const waited = patience(WAIT_MS)
  const free = patience(WAIT_MS / 2)
  free.end()
  await once(waited.signal, 'abort')
  expect(free.signal.aborted).toBe(false)
})
