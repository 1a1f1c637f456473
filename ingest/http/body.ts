import { promisify } from 'node:util'
import { gunzip, type InputType, inflate, type ZlibOptions } from 'node:zlib'
import { TidemarkError } from '../../schemas/errors.js'
import type { Limits } from '../../schemas/limits.js'

type Inflate = (input: InputType, options: ZlibOptions) => Promise<Buffer>

const INFLATERS: Record<string, Inflate> = {
  gzip: promisify(gunzip) as Inflate,
  'x-gzip': promisify(gunzip) as Inflate,
  deflate: promisify(inflate) as Inflate,
}

/**
 * A body as its sender meant it. Decompression stops at the limit, so that a small bomb cannot fill the memory.
 * @param encoding value of Content-Encoding, if any
 * @throws TM_BODY_INFLATED_TOO_LARGE, TM_BODY_ENCODING
 */
export async function readBody(body: Buffer, encoding: string | undefined, limits: Limits): Promise<Buffer> {
  const name = (encoding ?? 'identity').trim().toLowerCase()
  if (name === '' || name === 'identity') return body
  const inflater = INFLATERS[name]
  if (!inflater)
    throw new TidemarkError('TM_BODY_ENCODING', { encoding: name, reason: 'this encoding is not known here' })
  try {
    return await inflater(body, { maxOutputLength: limits.inflatedBytes })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new TidemarkError('TM_BODY_INFLATED_TOO_LARGE', { limit: limits.inflatedBytes }, cause)
    }
    throw new TidemarkError('TM_BODY_ENCODING', { encoding: name, reason: (cause as Error).message }, cause)
  }
}
