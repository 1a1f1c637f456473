import type { ChangeListener, ChangeWatch, WindowChanges } from '../schemas/ports/window-changes.js'
import { ChangeListeners } from './change-listeners.js'

/** Pause before another try to connect, ms. */
const RETRY_MS = 1000

/** One connection over which changes come. */
export interface ChangeConnection {
  /** How many there were before. */
  turn: number
  /** To be called once it is told of every change. */
  begun(): void
  changed(metrics: Uint32Array): void
  missed(): void
  /** Aborted when it is to end. */
  signal: AbortSignal
}

/** Changes that come over a connection, which is made for the first watch and again whenever it breaks. */
export class ReconnectingChanges implements WindowChanges {
  readonly #listen: (connection: ChangeConnection) => Promise<void>
  readonly #listeners = new ChangeListeners()
  readonly #closing = new AbortController()
  #firstTry: Promise<void> | undefined
  #running: Promise<void> | undefined

  /** @param listen opens a connection and resolves or rejects when it has ended */
  constructor(listen: (connection: ChangeConnection) => Promise<void>) {
    this.#listen = listen
  }

  /** Resolves when the connection is there, or could not be made at once. */
  async watch(listener: ChangeListener): Promise<ChangeWatch> {
    const watch = this.#listeners.add(listener)
    this.#firstTry ??= new Promise((resolve) => {
      this.#running = this.#run(resolve)
    })
    await this.#firstTry
    return watch
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
  }

  async #run(tried: () => void): Promise<void> {
    const { signal } = this.#closing
    for (let turn = 0; !signal.aborted; turn++) {
      const begun = () => {
        // Changes between two connections nobody heard of.
        if (turn > 0) this.#listeners.missed()
        tried()
      }
      const listeners = this.#listeners
      const told = { changed: (metrics: Uint32Array) => listeners.changed(metrics), missed: () => listeners.missed() }
      // Why it ended does not matter: the next one is tried all the same.
      await this.#listen({ turn, begun, signal, ...told }).catch(() => undefined)
      tried()
      await pause(RETRY_MS, signal)
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const wake = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', wake)
      resolve()
    }
    const timer = setTimeout(wake, ms)
    signal.addEventListener('abort', wake)
  })
}
