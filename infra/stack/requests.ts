import { connect } from 'node:net'

/** A server that does not answer within this is not ready, ms. */
const ANSWER_MS = 1_000

/** Sends bytes to a port of the loopback and gives the first bytes of the answer. Rejects without one. */
export function exchange(port: number, request: Uint8Array | string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error(`no answer within ${ANSWER_MS} ms`)))
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('closed without an answer')))
    socket.once('data', (bytes) => {
      resolve(bytes)
      socket.destroy()
    })
  })
}

/** True if GET answers with a status below 400. */
export async function answersHttp(port: number, path: string): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(ANSWER_MS) })
  await response.arrayBuffer()
  return response.ok
}
