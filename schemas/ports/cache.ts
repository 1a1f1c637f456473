/** A bounded key-value cache. In process when embedded, Redis on a cluster. A miss is never an error, nor is a cache that cannot be reached. */
export interface Cache {
  get(key: string): Promise<Uint8Array | undefined>
  /** @param ttlMs ms after which it is gone */
  set(key: string, value: Uint8Array, ttlMs: number): Promise<void>
  /** Removes exactly these keys; a cache that cannot be reached keeps them until their time is over. */
  delete(keys: readonly string[]): Promise<void>
}
