import { uncompressSync } from 'snappy'
import { TidemarkError } from '../../schemas/errors.js'

/** The densest element of the format, a copy of 64 bytes, takes 3 bytes: nothing expands further than this. */
const MAX_EXPANSION = 64 / 3

/**
 * Undoes snappy's block format (github.com/google/snappy, format_description.txt), in which remote-write bodies come.
 * The length that the body claims is checked before anything is allocated for it.
 * @throws TM_BODY_INFLATED_TOO_LARGE, TM_BODY_ENCODING
 */
export function unsnappy(body: Uint8Array, limitBytes: number): Uint8Array {
  const claimed = claimedBytes(body)
  if (claimed === undefined) throw damaged('it does not begin with its length')
  if (claimed > limitBytes) throw new TidemarkError('TM_BODY_INFLATED_TOO_LARGE', { limit: limitBytes })
  if (claimed > body.length * MAX_EXPANSION) {
    throw damaged(`${body.length} bytes cannot hold the ${claimed} bytes that it claims`)
  }
  try {
    // Copying the output into memory of V8's own is much faster than handing over the library's.
    return uncompressSync(body, { asBuffer: true, copyOutputData: true }) as Uint8Array
  } catch (cause) {
    throw damaged((cause as Error).message, cause)
  }
}

/** The preamble: the uncompressed length, a varint of at most 32 bits. */
function claimedBytes(body: Uint8Array): number | undefined {
  let claimed = 0
  for (let i = 0; i < 5 && i < body.length; i++) {
    claimed += (body[i] & 0x7f) * 2 ** (7 * i)
    if (body[i] < 0x80) return claimed < 2 ** 32 ? claimed : undefined
  }
  return undefined
}

function damaged(reason: string, cause?: unknown): TidemarkError {
  return new TidemarkError('TM_BODY_ENCODING', { encoding: 'snappy', reason }, cause)
}
