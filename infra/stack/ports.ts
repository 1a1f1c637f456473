import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Below the ports that Linux gives to outgoing connections: one of those could take the port of a server that is down
 * for a moment, or a client that tries again could meet itself.
 */
const LOWEST = 12_000
const HIGHEST = 32_000
const TRIES = 200

/**
 * A port of the loopback that nobody listens on: the preferred one if it is free.
 * @param taken ports that were given out and are not listened on yet; the answer is added
 */
export async function freePort(preferred: number | undefined, taken: Set<number>): Promise<number> {
  for (let tried = 0; tried < TRIES; tried++) {
    const port = tried === 0 && preferred !== undefined ? preferred : randomInt(LOWEST, HIGHEST)
    if (taken.has(port) || !(await isFree(port))) continue
    taken.add(port)
    return port
  }
  throw new Error(`no free port between ${LOWEST} and ${HIGHEST}`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
