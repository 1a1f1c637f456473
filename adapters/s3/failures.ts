import { TidemarkError } from '../../schemas/errors.js'

/** What was asked of which object. */
export interface Asked {
  operation: string
  bucket: string
  /** Whole key, with the prefix; undefined where the bucket as such was asked. */
  key?: string
}

/** Names of errors by which S3 and its kin say that we may not, or that they do not know us. */
const DENIALS: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AllAccessDisabled',
  'AuthorizationHeaderMalformed',
  'CredentialsProviderError',
  'ExpiredToken',
  'Forbidden',
  'InvalidAccessKeyId',
  'InvalidToken',
  'PermanentRedirect',
  'SignatureDoesNotMatch',
])

/** Whatever a request threw as an error of the registry that names bucket and key. */
export function s3Failure(thrown: unknown, { operation, bucket, key }: Asked): TidemarkError {
  if (thrown instanceof TidemarkError) return thrown
  const name = nameOf(thrown)
  const object = key === undefined ? `s3://${bucket}` : `s3://${bucket}/${key}`
  if (name === 'NoSuchBucket') return new TidemarkError('TM_BUCKET_MISSING', { bucket }, thrown)
  if (isMissing(thrown)) return new TidemarkError('TM_OBJECT_MISSING', { key: object }, thrown)
  if (DENIALS.has(name) || statusOf(thrown) === 403)
    return new TidemarkError('TM_BUCKET_DENIED', { bucket, operation, reason: reasonOf(thrown) }, thrown)
  return new TidemarkError(
    'TM_OBJECT_UNAVAILABLE',
    { key: object, reason: `${operation}: ${reasonOf(thrown)}` },
    thrown,
  )
}

/** True if the object, or in an answer without a body possibly the bucket, is not there. */
export function isMissing(thrown: unknown): boolean {
  return nameOf(thrown) === 'NoSuchKey' || nameOf(thrown) === 'NotFound'
}

/** The error's name, which for an answer of the server is its code. */
export function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : ''
}

/** HTTP status of the answer, if there was one. */
export function statusOf(thrown: unknown): number | undefined {
  return (thrown as { $metadata?: { httpStatusCode?: number } })?.$metadata?.httpStatusCode
}

/** One line: the server's code and words, or those of the connection. */
function reasonOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return thrown.errors.map(reasonOf).join('; ')
  if (!(thrown instanceof Error)) return String(thrown)
  const status = statusOf(thrown)
  const words = thrown.message === thrown.name ? '' : `: ${thrown.message}`
  return status === undefined ? thrown.message || thrown.name : `${thrown.name} (status ${status})${words}`
}
