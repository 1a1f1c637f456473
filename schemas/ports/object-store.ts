/** How long a path that was given out stays good, ms: longer than any query may take. */
export const OBJECT_LEASE_MS = 600_000

/** An object's key and size. */
export interface ObjectEntry {
  key: string
  bytes: number
  modifiedMs: number
}

/** Immutable files by key. A folder when embedded, S3 on a cluster. Keys are relative, `/`-separated. */
export interface ObjectStore {
  /**
   * Stores the local file `path` under a new key; the file may be moved away. Resolves once durable. A repeated put of
   * the very same bytes succeeds, for the answer to the first one may have been lost.
   * Throws TM_OBJECT_EXISTS if the key holds other bytes, TM_OBJECT_UNAVAILABLE (retriable).
   */
  put(key: string, path: string): Promise<void>
  /**
   * A local, read-only path with the object's bytes, for DuckDB. The file is there for OBJECT_LEASE_MS after each call
   * unless the object is deleted: open it within that time, and ask again for a later use.
   * Throws TM_OBJECT_MISSING, TM_OBJECT_DAMAGED, TM_OBJECT_UNAVAILABLE (retriable).
   */
  localPath(key: string): Promise<string>
  /** Objects whose key starts with `prefix`, in order of keys. */
  list(prefix: string): AsyncIterable<ObjectEntry>
  /** Removes an object; one that is not there is no error. */
  delete(key: string): Promise<void>
}
