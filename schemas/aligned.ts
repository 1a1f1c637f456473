/**
 * The same bytes at an address that typed arrays of any kind can begin at; copied only if they lie elsewhere. What comes
 * back is no Buffer: the `slice` of one gives a view, not a copy.
 */
export function aligned(bytes: Uint8Array): Uint8Array {
  const { buffer, byteOffset, length } = bytes
  return byteOffset % 8 === 0 ? new Uint8Array(buffer, byteOffset, length) : new Uint8Array(bytes)
}
