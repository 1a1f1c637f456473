/**
 * True if bytes [start, end) are well-formed UTF-8 (Unicode 15, table 3-7: no overlong forms, no surrogates, nothing
 * above U+10FFFF). Allocates nothing, which is why it stands here beside node:buffer's isUtf8.
 */
export function isUtf8Between(bytes: Uint8Array, start: number, end: number): boolean {
  let i = start
  while (i < end) {
    const lead = bytes[i++]
    if (lead < 0x80) continue
    const following = lead < 0xc2 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 0
    if (following === 0 || i + following > end) return false
    const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
    const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
    if (bytes[i] < lowest || bytes[i] > highest) return false
    for (let k = 1; k < following; k++) if ((bytes[i + k] & 0xc0) !== 0x80) return false
    i += following
  }
  return true
}
