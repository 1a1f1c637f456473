import { readFileSync } from 'node:fs'
import {
  connect,
  constants,
  createSecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Certificate } from './certificate.js'

const { HTTP2_HEADER_PATH } = constants

/** A gRPC status to answer with, in place of the server. */
type Refusal = { code: number; message: string }

/** TLS before a gRPC server that has none, as a load balancer or Temporal Cloud has it. */
export interface GrpcProxy {
  /** localhost:port */
  address: string
  /** Decides for each call; undefined lets it pass. */
  refuse: (path: string, headers: IncomingHttpHeaders) => Refusal | undefined
  close(): Promise<void>
}

/**
 * Starts it.
 * @param target host:port of the server
 * @param client its certificate is asked for and checked, if given
 */
export async function startGrpcProxy(target: string, own: Certificate, client?: Certificate): Promise<GrpcProxy> {
  const proxy: GrpcProxy = { address: '', refuse: () => undefined, close: async () => undefined }
  const backend = connect(`http://${target}`)
  const sessions = new Set<ServerHttp2Session>()
  const server = createSecureServer({
    cert: readFileSync(own.cert),
    key: readFileSync(own.key),
    ...(client && { ca: readFileSync(client.ca), requestCert: true, rejectUnauthorized: true }),
  })
  server.on('session', (session) => {
    sessions.add(session)
    session.on('error', () => undefined)
  })
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => undefined)
    const refusal = proxy.refuse(String(headers[HTTP2_HEADER_PATH]), headers)
    if (refusal) {
      const status = { 'grpc-status': String(refusal.code), 'grpc-message': refusal.message }
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...status }, { endStream: true })
    } else passOn(stream, backend.request(headers))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  proxy.address = `localhost:${(server.address() as AddressInfo).port}`
  proxy.close = async () => {
    for (const session of sessions) session.destroy()
    backend.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  return proxy
}

function passOn(stream: ServerHttp2Stream, onward: ReturnType<ReturnType<typeof connect>['request']>): void {
  let trailers: IncomingHttpHeaders = {}
  onward.on('error', () => stream.close())
  onward.on('trailers', (said) => {
    trailers = said
  })
  onward.on('response', (answer, flags) => {
    if (stream.destroyed) return
    // An answer that is all headers ends with them.
    const isEnd = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0
    stream.respond(answer, { endStream: isEnd, waitForTrailers: !isEnd })
    if (isEnd) return
    stream.on('wantTrailers', () => stream.sendTrailers(trailers))
    onward.pipe(stream)
  })
  stream.on('close', () => onward.close())
  stream.pipe(onward)
}
