import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { Config } from '../../schemas/config/schema.js'
import { TidemarkError } from '../../schemas/errors.js'
import type { ObjectEntry, ObjectStore } from '../../schemas/ports/object-store.js'
import type { Clock } from '../../schemas/time.js'
import { checkObjectKey, isObjectKey } from '../object-key.js'
import { createS3Client, REQUESTS_AT_ONCE } from './client.js'
import { nameOf, s3Failure, statusOf } from './failures.js'
import { ObjectCache } from './object-cache.js'
import { abortStaleUploads } from './stale-uploads.js'
import { type Content, contentOf, DamagedContent, PART_BYTES, saveBody, stored, upload } from './transfer.js'
import { Turns } from './turns.js'

/** Times that a transfer begins anew: the SDK repeats requests, but not what fails in the middle of a body. */
const TRIES = 3

/** Objects in a bucket of S3 or of a server that speaks its protocol. */
export interface S3ObjectStore extends ObjectStore {
  /** Closes the connections. */
  close(): void
}

/**
 * Opens the object store of `s3` in the config with its cache in `<data.dir>/cache/objects`. The server is not asked:
 * one that is away shows at the first use. Files that are put stay in the cache, so that they need not be fetched.
 */
export async function openS3ObjectStore({ s3, data }: Config, clock: Clock): Promise<S3ObjectStore> {
  const cache = await ObjectCache.open({
    folder: join(data.dir, 'cache', 'objects'),
    limitBytes: s3.cache_bytes,
    origin: `${s3.endpoint}/${s3.bucket}`,
    clock,
  })
  return new CachedBucket(createS3Client(s3), s3, cache, clock)
}

class CachedBucket implements S3ObjectStore {
  readonly #client: S3Client
  readonly #bucket: string
  readonly #prefix: string
  readonly #cache: ObjectCache
  readonly #clock: Clock
  readonly #turns = new Turns(REQUESTS_AT_ONCE)
  /** Downloads under way, by key: whoever asks meanwhile waits for the same one. */
  readonly #fetching = new Map<string, Promise<string>>()
  #hasCleaned = false

  constructor(client: S3Client, { bucket, prefix }: Config['s3'], cache: ObjectCache, clock: Clock) {
    this.#client = client
    this.#bucket = bucket
    this.#prefix = prefix
    this.#cache = cache
    this.#clock = clock
  }

  async put(key: string, path: string): Promise<void> {
    const place = this.#placeOf(key)
    const etag = await this.#attempt('PutObject', place.key, async () => {
      const content = await contentOf(path)
      if (content.bytes > PART_BYTES) await this.#cleanOnce()
      return this.#turns.take(() => this.#upload(place, path, content))
    })
    // The object is safe; that it cannot be kept here as well must not make the caller put it again.
    await this.#cache.place(place.key, etag, path).catch(() => rm(path, { force: true }))
  }

  async localPath(key: string): Promise<string> {
    const place = this.#placeOf(key)
    const cached = await this.#cache.find(place.key)
    if (cached) return cached
    const running = this.#fetching.get(key)
    if (running) return running
    const fetching = this.#turns
      .take(() => this.#attempt('GetObject', place.key, () => this.#fetch(place.key)))
      .finally(() => this.#fetching.delete(key))
    this.#fetching.set(key, fetching)
    return fetching
  }

  async *list(prefix: string): AsyncIterable<ObjectEntry> {
    const pages = paginateListObjectsV2(
      { client: this.#client },
      { Bucket: this.#bucket, Prefix: this.#prefix + prefix },
    )
    const next = () => this.#attempt('ListObjectsV2', undefined, () => pages.next())
    for (let page = await next(); !page.done; page = await next()) {
      for (const { Key = '', Size = 0, LastModified } of page.value.Contents ?? []) {
        const key = Key.slice(this.#prefix.length)
        // Folder marks and the like, which other programs leave.
        if (isObjectKey(key)) yield { key, bytes: Size, modifiedMs: LastModified?.getTime() ?? 0 }
      }
    }
  }

  async delete(key: string): Promise<void> {
    const place = this.#placeOf(key)
    const request = new DeleteObjectCommand({ Bucket: place.bucket, Key: place.key })
    await this.#attempt('DeleteObject', place.key, () => this.#client.send(request))
    await this.#cache.remove(place.key)
  }

  close(): void {
    this.#client.destroy()
  }

  #placeOf(key: string) {
    checkObjectKey(key)
    return { bucket: this.#bucket, key: this.#prefix + key }
  }

  async #attempt<T>(operation: string, key: string | undefined, request: () => Promise<T>): Promise<T> {
    try {
      return await request()
    } catch (thrown) {
      throw s3Failure(thrown, { operation, bucket: this.#bucket, key })
    }
  }

  /**
   * Puts the file under a key that must be free. Where the server says that it is not, or lost track of the upload,
   * what it holds decides: the same bytes are those of an earlier try whose answer was lost.
   */
  async #upload(place: { bucket: string; key: string }, path: string, content: Content): Promise<string> {
    for (let attempt = 1, onlyNew = true; ; attempt++) {
      try {
        return await upload(this.#client, place, path, content, onlyNew)
      } catch (thrown) {
        const isRefused = statusOf(thrown) === 412
        const isUnsure = statusOf(thrown) === 409 || nameOf(thrown) === 'NoSuchUpload'
        const isUnknown = onlyNew && statusOf(thrown) === 501
        if (!isRefused && !isUnsure && !isUnknown) throw thrown
        const object = await stored(this.#client, place)
        if (object) {
          if (object.sha256 === content.sha256 && object.bytes === content.bytes) return object.etag
          throw new TidemarkError('TM_OBJECT_EXISTS', { key: `s3://${place.bucket}/${place.key}` }, thrown)
        }
        if (attempt === TRIES) throw thrown
        // A server without conditional writes: the look before must do.
        if (isUnknown) onlyNew = false
      }
    }
  }

  /** Brings the object into the cache. Bytes that differ from those that were put are asked for again, then refused. */
  async #fetch(key: string): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key }))
      try {
        return await this.#take(key, answer)
      } catch (thrown) {
        if (attempt < TRIES) continue
        if (!(thrown instanceof DamagedContent)) throw thrown
        const object = `s3://${this.#bucket}/${key}`
        throw new TidemarkError('TM_OBJECT_DAMAGED', { key: object, reason: thrown.message }, thrown)
      }
    }
  }

  async #take(key: string, answer: GetObjectCommandOutput): Promise<string> {
    const etag = answer.ETag ?? ''
    const placed = await this.#cache.findVersion(key, etag)
    if (placed) {
      discard(answer)
      return placed
    }
    const incoming = this.#cache.incoming()
    try {
      await saveBody(answer, incoming)
      return await this.#cache.place(key, etag, incoming)
    } finally {
      await rm(incoming, { force: true })
    }
  }

  /** Ends uploads that killed processes left: their parts take room that no list shows. Housekeeping stops no put. */
  async #cleanOnce(): Promise<void> {
    if (this.#hasCleaned) return
    this.#hasCleaned = true
    await abortStaleUploads(this.#client, this.#bucket, this.#prefix, this.#clock()).catch(() => undefined)
  }
}

function discard(answer: GetObjectCommandOutput): void {
  ;(answer.Body as { destroy?: () => void } | undefined)?.destroy?.()
}
