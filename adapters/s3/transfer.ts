import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type GetObjectCommandOutput, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { isMissing } from './failures.js'

/** A file up to this size goes in one request, a larger one in parts of this size, bytes. */
export const PART_BYTES = 16 << 20
/** Parts of one file under way at once: each is held in memory. */
const PARTS_AT_ONCE = 2
/** Name of the metadata that holds the SHA-256 of the content, in hex. */
const DIGEST = 'sha256'

/** Where an object is. */
export interface Place {
  bucket: string
  /** With the prefix. */
  key: string
}

/** What identifies bytes. */
export interface Content {
  bytes: number
  /** In hex; undefined for an object that was put by another program. */
  sha256: string | undefined
}

/** An object as the server has it. */
export interface StoredObject extends Content {
  etag: string
}

/** Reads a file for its size and digest. Throws what the file system throws. */
export async function contentOf(path: string): Promise<Content> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { bytes, sha256: hash.digest('hex') }
}

/**
 * Puts a file. If `onlyNew`, the server refuses it where the key is taken (HTTP 412); for a file of several parts it
 * does so when they are put together.
 * @returns the object's etag
 */
export async function upload(
  client: S3Client,
  { bucket, key }: Place,
  path: string,
  { sha256 }: Content,
  onlyNew: boolean,
): Promise<string> {
  const { ETag } = await new Upload({
    client,
    params: {
      Bucket: bucket,
      Key: key,
      Body: createReadStream(path, { highWaterMark: 1 << 20 }),
      Metadata: { [DIGEST]: sha256 ?? '' },
      ...(onlyNew && { IfNoneMatch: '*' }),
    },
    partSize: PART_BYTES,
    queueSize: PARTS_AT_ONCE,
  }).done()
  return ETag ?? ''
}

/** The object that is there, if one is. */
export async function stored(client: S3Client, { bucket, key }: Place): Promise<StoredObject | undefined> {
  try {
    const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))
    return { bytes: head.ContentLength ?? 0, sha256: head.Metadata?.[DIGEST], etag: head.ETag ?? '' }
  } catch (thrown) {
    if (isMissing(thrown)) return undefined
    throw thrown
  }
}

/** What arrived differs from what was put. */
export class DamagedContent extends Error {}

/**
 * Writes an answer's body to a new file.
 * @throws DamagedContent if its bytes are not those that were put
 */
export async function saveBody(answer: GetObjectCommandOutput, path: string): Promise<void> {
  const hash = createHash('sha256')
  let bytes = 0
  const measured = async function* (source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      hash.update(chunk)
      bytes += chunk.length
      yield chunk
    }
  }
  await pipeline(answer.Body as Readable, measured, createWriteStream(path, { flags: 'wx' }))
  const wanted = answer.Metadata?.[DIGEST]
  if (answer.ContentLength !== undefined && bytes !== answer.ContentLength)
    throw new Error(`${bytes} of ${answer.ContentLength} bytes arrived`)
  const digest = hash.digest('hex')
  if (wanted && digest !== wanted) throw new DamagedContent(`its SHA-256 is ${digest}, it was put with ${wanted}`)
}
