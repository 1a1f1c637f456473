import type { Cache } from '../../schemas/ports/cache.js'
import type { Clock } from '../../schemas/time.js'

interface Held {
  value: Uint8Array
  expiresMs: number
}

/** What a key costs besides its text and value, bytes, roughly. */
const ENTRY_BYTES = 128

/** A cache in this process' memory: bounded in bytes, the least recently used goes first. */
export class EmbeddedCache implements Cache {
  /** In order of last use. */
  readonly #held = new Map<string, Held>()
  readonly #limitBytes: number
  readonly #clock: Clock
  #bytes = 0

  /** @param limitBytes of keys and values together; 0 caches nothing */
  constructor(limitBytes: number, clock: Clock) {
    this.#limitBytes = limitBytes
    this.#clock = clock
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const held = this.#held.get(key)
    if (!held) return undefined
    this.#remove(key)
    if (held.expiresMs <= this.#clock()) return undefined
    this.#insert(key, held)
    return held.value
  }

  async set(key: string, value: Uint8Array, ttlMs: number): Promise<void> {
    this.#remove(key)
    if (cost(key, value) > this.#limitBytes) return
    this.#insert(key, { value: value.slice(), expiresMs: this.#clock() + ttlMs })
    for (const oldest of this.#held.keys()) {
      if (this.#bytes <= this.#limitBytes) break
      this.#remove(oldest)
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#remove(key)
  }

  #insert(key: string, held: Held): void {
    this.#held.set(key, held)
    this.#bytes += cost(key, held.value)
  }

  #remove(key: string): void {
    const held = this.#held.get(key)
    if (!held) return
    this.#held.delete(key)
    this.#bytes -= cost(key, held.value)
  }
}

function cost(key: string, value: Uint8Array): number {
  return ENTRY_BYTES + key.length * 2 + value.length
}
