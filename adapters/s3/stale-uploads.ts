import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, type S3Client } from '@aws-sdk/client-s3'

/** An upload of several parts that is not complete after this was left by a process that died, ms. */
const STALE_MS = 86_400_000

/** Ends uploads below the prefix that were begun more than a day ago and never completed. @returns how many */
export async function abortStaleUploads(
  client: S3Client,
  bucket: string,
  prefix: string,
  nowMs: number,
): Promise<number> {
  let ended = 0
  let from: { KeyMarker?: string; UploadIdMarker?: string } = {}
  for (;;) {
    const page = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, ...from }))
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (!Initiated || Initiated.getTime() > nowMs - STALE_MS) continue
      await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }))
      ended++
    }
    if (!page.IsTruncated) return ended
    from = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
  }
}
