import { createSocket, type Socket } from 'node:dgram'
import { asTidemarkError } from '../../schemas/errors.js'
import type { IngestRequest } from '../request.js'
import { type CommitCounters, Commits } from './commits.js'
import { type ListenerSettings, listenError, startSetFlush } from './listener.js'

/** A request is committed after so long, ms, or when it holds the points of so many bytes. */
const GATHER_MS = 100
const GATHER_BYTES = 64 << 10
/** Commits under way at which packets are dropped. */
const MOST_COMMITS = 64
/** What is asked of the kernel as a buffer, bytes; it may give less. */
const RECEIVE_BUFFERS = [8 << 20, 1 << 20]

/** What has come in; each count only grows. */
interface StatsdUdpCounters extends CommitCounters {
  packets: number
  bytes: number
  /** Packets that were not read because the log was behind, or whose points it did not take. */
  droppedPackets: number
}

/** A running UDP listener. */
export interface StatsdUdp {
  readonly host: string
  readonly port: number
  readonly counters: Readonly<StatsdUdpCounters>
  /** Stops listening; resolves once everything received was committed. */
  close(): Promise<void>
}

/** Starts to listen for StatsD packets. Rejects with TM_PORT_TAKEN or TM_CONFIG. */
export async function startStatsdUdp(settings: ListenerSettings): Promise<StatsdUdp> {
  const socket = createSocket(settings.host.includes(':') ? 'udp6' : 'udp4')
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close()
      reject(listenError(error, settings.host, settings.port))
    })
    socket.bind(settings.port, settings.host, resolve)
  })
  socket.removeAllListeners('error')
  widenReceiveBuffer(socket)
  return new UdpListener(socket, settings)
}

/** Packets and bytes that one request holds. */
interface Gathered {
  request: IngestRequest
  packets: number
  bytes: number
  timer: NodeJS.Timeout
}

class UdpListener implements StatsdUdp {
  readonly host: string
  readonly port: number
  readonly counters = { packets: 0, bytes: 0, droppedPackets: 0, points: 0, refused: 0, failedCommits: 0 }
  readonly #socket: Socket
  readonly #settings: ListenerSettings
  readonly #commits: Commits
  readonly #stopSetFlush: () => void
  #gathered: Gathered | undefined
  #closing: Promise<void> | undefined

  constructor(socket: Socket, settings: ListenerSettings) {
    const { address, port } = socket.address()
    this.host = address
    this.port = port
    this.#socket = socket
    this.#settings = settings
    this.#commits = new Commits(this.counters, settings.onFailure)
    this.#stopSetFlush = startSetFlush(settings, this.#commits)
    socket.on('message', (packet) => this.#receive(packet))
    socket.on('error', (error) => settings.onFailure(asTidemarkError(error)))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  #receive(packet: Buffer): void {
    const { decoder, clock } = this.#settings
    this.counters.packets++
    this.counters.bytes += packet.length
    if (this.#gathered === undefined && this.#commits.underWay >= MOST_COMMITS) {
      this.counters.droppedPackets++
      return
    }
    this.#gathered ??= this.#open()
    const gathered = this.#gathered
    gathered.packets++
    gathered.bytes += packet.length
    decoder.decode(packet, { nowMs: clock() }, gathered.request)
    if (gathered.bytes >= GATHER_BYTES) this.#commitGathered()
  }

  #open(): Gathered {
    const timer = setTimeout(() => this.#commitGathered(), GATHER_MS)
    return { request: this.#settings.requests.open(), packets: 0, bytes: 0, timer }
  }

  #commitGathered(): void {
    const gathered = this.#gathered
    if (gathered === undefined) return
    this.#gathered = undefined
    clearTimeout(gathered.timer)
    void this.#commits.commit(gathered.request).then((isKept) => {
      if (!isKept) this.counters.droppedPackets += gathered.packets
    })
  }

  async #close(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(resolve))
    this.#commitGathered()
    this.#stopSetFlush()
    await this.#commits.close()
  }
}

/** Takes the largest receive buffer that the system grants: in a burst, what does not fit is lost unseen. */
function widenReceiveBuffer(socket: Socket): void {
  for (const bytes of RECEIVE_BUFFERS) {
    try {
      socket.setRecvBufferSize(bytes)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_SOCKET_BUFFER_SIZE') throw error
    }
  }
}
