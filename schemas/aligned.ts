/**
 * The same bytes at an address that typed arrays of any kind can begin at; copied only if they lie elsewhere. What comes
 * back is no Buffer: the `slice` of one gives a view, not a copy.
 * @param room memory for the copy, used again at the next call with it; new memory if left out
 */
export function aligned(bytes: Uint8Array, room?: AlignedRoom): Uint8Array {
  const { buffer, byteOffset, length } = bytes
  return byteOffset % 8 === 0
    ? new Uint8Array(buffer, byteOffset, length)
    : room
      ? room.hold(bytes)
      : new Uint8Array(bytes)
}

/** Room for one copy at a time, for who is done with each before the next: memory taken anew brings on collections of garbage. */
export class AlignedRoom {
  #bytes = new Uint8Array(0)

  /** A copy, valid until the next call. */
  hold(bytes: Uint8Array): Uint8Array {
    if (bytes.length > this.#bytes.length) this.#bytes = new Uint8Array(Math.ceil(bytes.length * HEADROOM))
    this.#bytes.set(bytes)
    return this.#bytes.subarray(0, bytes.length)
  }
}

/** The next one may be somewhat longer. */
const HEADROOM = 1.25
