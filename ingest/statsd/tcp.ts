import { createServer, type Server, type Socket } from 'node:net'
import { asTidemarkError, TidemarkError } from '../../schemas/errors.js'
import type { IngestRequest } from '../request.js'
import { type CommitCounters, Commits } from './commits.js'
import { LineSplitter } from './line-splitter.js'
import { type ListenerSettings, listenError, startSetFlush } from './listener.js'

/** Connections at once; each may hold one unfinished line. */
const MOST_CONNECTIONS = 1024

/** What a StatsD TCP listener works with. */
export interface StatsdTcpSettings extends ListenerSettings {
  /** limits.statsdLineBytes */
  lineBytes: number
}

/** What has come in; each count only grows. */
interface StatsdTcpCounters extends CommitCounters {
  connections: number
  bytes: number
  /** Connections that broke off, their unfinished line lost. */
  brokenConnections: number
  /** Connections turned away because there were too many. */
  droppedConnections: number
}

/** A running TCP listener. */
export interface StatsdTcp {
  readonly host: string
  readonly port: number
  readonly counters: Readonly<StatsdTcpCounters>
  /** Stops listening and ends the connections; resolves once every whole line received was committed. */
  close(): Promise<void>
}

/** Starts to listen for connections that send StatsD lines. Rejects with TM_PORT_TAKEN or TM_CONFIG. */
export async function startStatsdTcp(settings: StatsdTcpSettings): Promise<StatsdTcp> {
  const server = createServer({ keepAlive: true, allowHalfOpen: false })
  server.maxConnections = MOST_CONNECTIONS
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, settings.host, settings.port)))
    server.listen(settings.port, settings.host, resolve)
  })
  server.removeAllListeners('error')
  return new TcpListener(server, settings)
}

class TcpListener implements StatsdTcp {
  readonly host: string
  readonly port: number
  readonly counters = {
    connections: 0,
    bytes: 0,
    brokenConnections: 0,
    droppedConnections: 0,
    points: 0,
    refused: 0,
    failedCommits: 0,
  }
  readonly #server: Server
  readonly #settings: StatsdTcpSettings
  readonly #commits: Commits
  readonly #stopSetFlush: () => void
  readonly #connections = new Set<Connection>()
  #closing: Promise<void> | undefined

  constructor(server: Server, settings: StatsdTcpSettings) {
    const { address, port } = server.address() as { address: string; port: number }
    this.host = address
    this.port = port
    this.#server = server
    this.#settings = settings
    this.#commits = new Commits(this.counters, settings.onFailure)
    this.#stopSetFlush = startSetFlush(settings, this.#commits)
    server.on('connection', (socket) => this.#accept(socket))
    server.on('drop', () => this.counters.droppedConnections++)
    server.on('error', (error) => settings.onFailure(asTidemarkError(error)))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  #accept(socket: Socket): void {
    this.counters.connections++
    const connection = new Connection(socket, this.#settings, this.#commits, this.counters)
    this.#connections.add(connection)
    socket.once('close', () => this.#connections.delete(connection))
  }

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const connection of this.#connections) connection.close()
    await closed
    this.#stopSetFlush()
    await this.#commits.close()
  }
}

/** One sender. Its socket is paused while a commit is under way, so that a slow log slows the sender down. */
class Connection {
  readonly #socket: Socket
  readonly #settings: StatsdTcpSettings
  readonly #commits: Commits
  readonly #counters: StatsdTcpCounters
  readonly #splitter: LineSplitter
  #request: IngestRequest | undefined

  constructor(socket: Socket, settings: StatsdTcpSettings, commits: Commits, counters: StatsdTcpCounters) {
    this.#socket = socket
    this.#settings = settings
    this.#commits = commits
    this.#counters = counters
    this.#splitter = new LineSplitter(settings.lineBytes, {
      lines: (bytes, firstLine) => this.#decode(bytes, firstLine),
      tooLong: (line) =>
        this.#refuse(line, `the line has more than ${settings.lineBytes} bytes (limits.statsdLineBytes)`),
    })
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.once('end', () => {
      this.#splitter.end()
      void this.#commit()
    })
    socket.once('error', () => counters.brokenConnections++)
  }

  /** Takes what has already arrived and ends the connection. A line that has not ended is refused: it may be cut. */
  close(): void {
    this.#socket.removeAllListeners('data')
    const arrived: Buffer | null = this.#socket.read()
    if (arrived !== null) this.#take(arrived)
    if (this.#splitter.pendingBytes > 0) this.#refuse(this.#splitter.line, 'the server stopped before the line ended')
    void this.#commit()
    this.#socket.destroy()
  }

  #receive(chunk: Buffer): void {
    this.#take(chunk)
    if (this.#request === undefined) return
    this.#socket.pause()
    void this.#commit().then(() => this.#socket.resume())
  }

  #take(chunk: Buffer): void {
    this.#counters.bytes += chunk.length
    this.#splitter.push(chunk)
  }

  #decode(bytes: Uint8Array, firstLine: number): void {
    this.#request ??= this.#settings.requests.open()
    this.#settings.decoder.decode(bytes, { nowMs: this.#settings.clock(), firstLine }, this.#request)
  }

  #refuse(line: number, reason: string): void {
    this.#request ??= this.#settings.requests.open()
    this.#request.position = line
    this.#request.refuse(new TidemarkError('TM_LINE_SYNTAX', { reason }))
  }

  async #commit(): Promise<void> {
    const request = this.#request
    if (request === undefined) return
    this.#request = undefined
    await this.#commits.commit(request)
  }
}
