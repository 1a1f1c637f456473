import { randomUUID } from 'node:crypto'
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { Config } from '../../schemas/config/schema.js'
import type { Finding } from '../../schemas/ports/finding.js'
import { createS3Client } from './client.js'
import { isMissing, nameOf, s3Failure, statusOf } from './failures.js'

/** The region in which a bucket is made that names none. */
const DEFAULT_REGION = 'us-east-1'
const PROBE = 'tidemark'
const PUT = 'objects: put'

/**
 * Creates the configured bucket unless it is there.
 * @returns true if it was created
 * @throws TM_BUCKET_DENIED, TM_OBJECT_UNAVAILABLE
 */
export async function initBucket({ s3 }: Config): Promise<boolean> {
  const client = createS3Client(s3)
  try {
    if (await exists(client, s3.bucket)) return false
    const elsewhere = s3.region !== DEFAULT_REGION && {
      CreateBucketConfiguration: { LocationConstraint: s3.region as never },
    }
    await client.send(new CreateBucketCommand({ Bucket: s3.bucket, ...elsewhere }))
    return true
  } catch (thrown) {
    // Another process was faster.
    if (nameOf(thrown) === 'BucketAlreadyOwnedByYou') return false
    throw s3Failure(thrown, { operation: 'CreateBucket', bucket: s3.bucket })
  } finally {
    client.destroy()
  }
}

async function exists(client: S3Client, bucket: string): Promise<boolean> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }))
    return true
  } catch (thrown) {
    if (isMissing(thrown)) return false
    throw thrown
  }
}

/** What one operation was tried for. */
interface Trial {
  what: string
  operation: string
  /** What is said where it works. */
  detail: string
  run(): Promise<unknown>
}

/**
 * Tries everything that the object store does on a small object, which is removed again: one finding each. What cannot
 * be tried because something before it failed is left out.
 */
export async function checkBucket({ s3 }: Config): Promise<Finding[]> {
  const client = createS3Client(s3)
  try {
    const where = `s3://${s3.bucket}${s3.endpoint && ` at ${s3.endpoint}`}`
    const findings = [await attempt(s3.bucket, reach(client, s3.bucket, where))]
    if (!findings[0].ok) return findings
    const object = { Bucket: s3.bucket, Key: `${s3.prefix}.probe-${randomUUID()}` }
    for (const trial of trialsOn(client, object, s3.prefix)) findings.push(await attempt(s3.bucket, trial))
    if (findings.some(({ what, ok }) => what === PUT && ok)) findings.push(await checkConditional(client, object))
    // Last, whatever failed before: nothing may be left behind.
    findings.push(await attempt(s3.bucket, removal(client, object)))
    return findings
  } finally {
    client.destroy()
  }
}

function reach(client: S3Client, bucket: string, detail: string): Trial {
  const run = () => client.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 }))
  return { what: 'object storage', operation: 'ListObjectsV2', detail, run }
}

function trialsOn(client: S3Client, object: { Bucket: string; Key: string }, prefix: string): Trial[] {
  const { Bucket } = object
  const get = async () => {
    const { Body } = await client.send(new GetObjectCommand(object))
    const text = await Body?.transformToString()
    if (text !== PROBE) throw new Error(`${JSON.stringify(text)} came back instead of ${JSON.stringify(PROBE)}`)
  }
  return [
    {
      what: 'objects: list',
      operation: 'ListObjectsV2',
      detail: `below "${prefix}"`,
      run: () => client.send(new ListObjectsV2Command({ Bucket, Prefix: prefix, MaxKeys: 1 })),
    },
    {
      what: PUT,
      operation: 'PutObject',
      detail: 'allowed',
      run: () => client.send(new PutObjectCommand({ ...object, Body: PROBE })),
    },
    { what: 'objects: get', operation: 'GetObject', detail: 'what was put came back', run: get },
  ]
}

function removal(client: S3Client, object: { Bucket: string; Key: string }): Trial {
  const run = () => client.send(new DeleteObjectCommand(object))
  return { what: 'objects: delete', operation: 'DeleteObject', detail: 'allowed', run }
}

async function attempt(bucket: string, { what, operation, detail, run }: Trial): Promise<Finding> {
  try {
    await run()
    return { what, ok: true, detail }
  } catch (thrown) {
    const { message, hint } = s3Failure(thrown, { operation, bucket })
    return { what, ok: false, detail: message, fix: hint }
  }
}

/** A second put under the same key must be refused. */
async function checkConditional(client: S3Client, object: { Bucket: string; Key: string }): Promise<Finding> {
  const what = 'objects: conditional create'
  const refused = await client.send(new PutObjectCommand({ ...object, Body: PROBE, IfNoneMatch: '*' })).then(
    () => false,
    (thrown) => statusOf(thrown) === 412,
  )
  if (refused) return { what, ok: true, detail: 'a key that is taken stays as it is' }
  return {
    what,
    ok: false,
    detail: 'the server overwrites a key that is taken, or does not know If-None-Match',
    fix: 'keys are unique, so it will do; a server with conditional writes is safer against two that believe to be one',
  }
}
