/** An object's key and size. */
export interface ObjectEntry {
  key: string
  bytes: number
  modifiedMs: number
}

/** Immutable files by key. A folder when embedded, S3 on a cluster. Keys are relative, `/`-separated. */
export interface ObjectStore {
  /**
   * Stores the local file `path` under a new key; the file may be moved away. Resolves once durable.
   * Throws TM_OBJECT_EXISTS if the key is taken, TM_OBJECT_UNAVAILABLE (retriable).
   */
  put(key: string, path: string): Promise<void>
  /** A local, read-only path with the object's bytes, for DuckDB: valid until the object is deleted. Throws TM_OBJECT_MISSING. */
  localPath(key: string): Promise<string>
  /** Objects whose key starts with `prefix`, in order of keys. */
  list(prefix: string): AsyncIterable<ObjectEntry>
  /** Removes an object; one that is not there is no error. */
  delete(key: string): Promise<void>
}
