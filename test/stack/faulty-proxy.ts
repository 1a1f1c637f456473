import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** What happens to a request: it passes, its answer is lost, its answer's body is altered, or it is answered at once. */
type Fault = 'none' | 'lose the answer' | 'flip a bit' | { status: number; code: string }

/** An HTTP server that hands everything on to another one, with faults. */
export interface FaultyProxy {
  url: string
  /** Decides for each request; `method path` as sent. */
  fault: (request: string, headers: IncomingMessage['headers']) => Fault
  /** Every request that came, as `method path`. */
  requests: string[]
  close(): Promise<void>
}

export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const proxy: FaultyProxy = { url: '', fault: () => 'none', requests: [], close: async () => undefined }
  const server = createServer(async (incoming, outgoing) => {
    const name = `${incoming.method} ${incoming.url}`
    proxy.requests.push(name)
    const body = await buffer(incoming)
    const fault = proxy.fault(name, incoming.headers)
    if (typeof fault === 'object') {
      answerWith(outgoing, fault)
      return
    }
    const onward = request(`${target}${incoming.url}`, { method: incoming.method, headers: incoming.headers })
    onward.on('error', () => outgoing.destroy())
    onward.on('response', async (answer) => {
      const bytes = await buffer(answer)
      if (fault === 'flip a bit') bytes[bytes.length >> 1] ^= 1
      if (fault === 'lose the answer') outgoing.destroy()
      else outgoing.writeHead(answer.statusCode ?? 500, answer.headers).end(bytes)
    })
    onward.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  proxy.close = () =>
    new Promise((resolve) => {
      server.closeAllConnections()
      server.close(() => resolve())
    })
  return proxy
}

function answerWith(outgoing: ServerResponse, { status, code }: { status: number; code: string }): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>as asked</Message></Error>`
  outgoing.writeHead(status, { 'content-type': 'application/xml' }).end(body)
}
