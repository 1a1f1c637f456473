/**
 * True if `length` bytes of both are the same, from `at` and `otherAt` on; both have as many. Four at a time: in what
 * senders repeat line by line this is most of what a decoder does.
 */
export function sameBytes(bytes: DataView, at: number, other: DataView, otherAt: number, length: number): boolean {
  if (length < 4) {
    for (let i = 0; i < length; i++) if (bytes.getUint8(at + i) !== other.getUint8(otherAt + i)) return false
    return true
  }
  const last = length - 4
  for (let i = 0; i < last; i += 4) {
    if (bytes.getUint32(at + i, true) !== other.getUint32(otherAt + i, true)) return false
  }
  // The last four overlap those before them.
  return bytes.getUint32(at + last, true) === other.getUint32(otherAt + last, true)
}

/** A view of all of these bytes. */
export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
