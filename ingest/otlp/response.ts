import { Buffer } from 'node:buffer'
import { ProtobufWriter } from '../protobuf/writer.js'
import type { IngestResult } from '../sink.js'
import type { OtlpEncoding } from './options.js'

/** Reasons named in the message of a partial success. */
const REASONS_NAMED = 3

/**
 * The ExportMetricsServiceResponse to a request, in the encoding of the request. Refused points make it a partial
 * success, which tells the sender how many, the first reasons and what to do, and not to send them again.
 */
export function otlpResponse(result: IngestResult, encoding: OtlpEncoding): Uint8Array {
  const rejected = result.refusedCount
  const message = messageOf(result)
  if (encoding === 'json') {
    const response =
      rejected === 0 ? {} : { partialSuccess: { rejectedDataPoints: String(rejected), errorMessage: message } }
    return Buffer.from(JSON.stringify(response))
  }
  const writer = new ProtobufWriter()
  if (rejected > 0) {
    writer.message(1, (partial) => {
      partial.int64(1, rejected)
      partial.text(2, message)
    })
  }
  return writer.finish()
}

function messageOf({ refused, refusedCount }: IngestResult): string {
  const named = refused
    .slice(0, REASONS_NAMED)
    .map(({ position, reason, hint }) => `data point ${position}: ${reason} (${hint})`)
  const more = refusedCount - named.length
  return more > 0 && named.length > 0 ? `${named.join('; ')}; and ${more} more` : named.join('; ')
}
