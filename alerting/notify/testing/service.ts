import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { targetRules } from '../../../schemas/net/check-target.js'
import { guardedFetch } from '../../../schemas/net/guarded-fetch.js'

/** What a service got. */
interface Received {
  path: string
  headers: IncomingHttpHeaders
  text: string
  /** Whether the service has taken it, told or not. */
  isTaken: boolean
}

/**
 * How a service behaves: it answers, says nothing, takes a request and loses its reply, or begins an answer and stalls.
 */
export type Behaviour =
  | { status: number; headers?: Record<string, string>; body?: string | object }
  | 'stall'
  | 'lose reply'
  | 'stall in body'

/** A service behind HTTP, on loopback. */
export interface Service {
  url: string
  received: Received[]
  /** For the next requests, one each; afterwards the usual one. */
  next: Behaviour[]
  usual: Behaviour
  close(): Promise<void>
}

export async function startService(usual: Behaviour = { status: 200, body: 'ok' }): Promise<Service> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { url = '', headers } = request
    const behaviour = service.next.shift() ?? service.usual
    const isTaken = behaviour === 'lose reply' || (typeof behaviour === 'object' && behaviour.status < 300)
    service.received.push({ path: url, headers, text: Buffer.concat(chunks).toString('utf8'), isTaken })
    behave(behaviour, response)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const service: Service = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: [],
    next: [],
    usual,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return service
}

function behave(behaviour: Behaviour, response: ServerResponse): void {
  if (behaviour === 'stall') return
  if (behaviour === 'lose reply') {
    response.socket?.destroy()
    return
  }
  if (behaviour === 'stall in body') {
    response.writeHead(200, { 'content-type': 'application/json' }).write('{')
    return
  }
  const { status, headers, body = '' } = behaviour
  response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body))
}

/** fetch that may reach services on loopback. */
export const fetchHere = guardedFetch(targetRules('webhook', ['127.0.0.1']))
