import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { TidemarkError } from '../../schemas/errors.js'

/** Memory for bodies that is kept, bytes: of a few requests at once. */
const SPARE_BYTES = 16 << 20
/** Memory is taken in multiples of this, so that what one body had serves another of about its length, bytes. */
const STEP_BYTES = 1 << 16
/** Whoever tells of more than this is given more as it arrives, bytes. */
const TRUSTED_BYTES = 1 << 20

/**
 * Reads bodies into memory that is used again once their request is answered. They are most of what a gateway takes in,
 * and memory taken anew for each brings on collections of garbage.
 */
export class BodyReader {
  readonly #limit: number
  readonly #spare: Buffer[] = []
  #spareBytes = 0
  readonly #held = new WeakMap<FastifyRequest, Buffer>()

  /** @param limit bytes of a body */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** The body, valid until {@link release}. Rejects with TM_BODY_TOO_LARGE, or as the payload fails. */
  read(request: FastifyRequest, payload: Readable): Promise<Buffer> {
    const told = Number(request.headers['content-length'] ?? 0)
    if (told > this.#limit) return Promise.reject(this.#tooLarge(told))
    let room = this.#take(Math.min(told, TRUSTED_BYTES))
    let length = 0
    return new Promise((resolve, reject) => {
      const settle = (outcome: () => void) => {
        // Without listeners the rest of a body flows by; destroyed, the payload would take the answer with it.
        payload.off('data', onData).off('end', onEnd).off('error', onError)
        outcome()
      }
      const onData = (chunk: Buffer) => {
        const end = length + chunk.length
        if (end > this.#limit) return settle(() => reject(this.#tooLarge(`more than ${this.#limit}`)))
        if (end > room.length) room = this.#widened(room, length, end)
        room.set(chunk, length)
        length = end
      }
      const onEnd = () =>
        settle(() => {
          this.#held.set(request, room)
          resolve(room.subarray(0, length))
        })
      const onError = (cause: Error) => settle(() => reject(cause))
      payload.on('data', onData).on('end', onEnd).on('error', onError)
    })
  }

  /** Says that nobody needs the request's body any more. */
  release(request: FastifyRequest): void {
    const room = this.#held.get(request)
    if (!room) return
    this.#held.delete(request)
    if (this.#spareBytes + room.length > SPARE_BYTES) return
    this.#spare.push(room)
    this.#spareBytes += room.length
  }

  #take(bytes: number): Buffer {
    const at = this.#spare.findIndex(({ length }) => length >= bytes)
    if (at === -1) return Buffer.allocUnsafeSlow(Math.max(1, Math.ceil(bytes / STEP_BYTES)) * STEP_BYTES)
    const [room] = this.#spare.splice(at, 1)
    this.#spareBytes -= room.length
    return room
  }

  #widened(room: Buffer, length: number, needed: number): Buffer {
    const wider = this.#take(Math.min(this.#limit, Math.max(needed, 2 * room.length)))
    wider.set(room.subarray(0, length))
    return wider
  }

  #tooLarge(bytes: number | string): TidemarkError {
    return new TidemarkError('TM_BODY_TOO_LARGE', { bytes: String(bytes), limit: this.#limit })
  }
}
