import { S3Client } from '@aws-sdk/client-s3'
import { processEnvironment } from '../../schemas/config/load.js'
import type { Config } from '../../schemas/config/schema.js'

/** An address that does not answer within this is tried again, ms. */
const CONNECT_MS = 3_000
/** A connection on which nothing moves for this long is given up, ms. */
const IDLE_MS = 15_000
/** Tries of one request, with growing waits between them: about a minute where a server takes requests and is silent. */
const TRIES = 4

/** Requests that may be under way at once. Those beyond would wait for a socket, and that wait counts as connecting. */
export const REQUESTS_AT_ONCE = 32

/** A client for the configured bucket's server. Without keys in the config the AWS SDK looks for them where it always does. */
export function createS3Client({ endpoint, region, access_key_id, secret_access_key }: Config['s3']): S3Client {
  // The SDK is pinned: what later versions of it will need is nothing that a user could act on.
  processEnvironment().AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
  return new S3Client({
    region,
    // Servers other than Amazon's rarely have a host name for each bucket.
    ...(endpoint !== '' && { endpoint, forcePathStyle: true }),
    ...(access_key_id !== '' && {
      credentials: { accessKeyId: access_key_id, secretAccessKey: secret_access_key },
    }),
    // Newer checksum headers are refused by many servers. Bodies are covered by the signature, objects by our own digest.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: TRIES,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: IDLE_MS,
      httpAgent: { maxSockets: 2 * REQUESTS_AT_ONCE },
      httpsAgent: { maxSockets: 2 * REQUESTS_AT_ONCE },
    },
  })
}
