import { Buffer, isUtf8 } from 'node:buffer'

/** The text of bytes [start, end), or undefined if they are no valid UTF-8. */
export function utf8Text(bytes: Uint8Array, start: number, end: number): string | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
  return isUtf8(view) ? view.toString('utf8') : undefined
}
