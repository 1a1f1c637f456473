/**
 * A metric's name as 32 bits (FNV-1a over its UTF-16 code units): enough to tell which metrics changed, where a mistake
 * costs no more than one look too many.
 */
export function metricHash(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i)
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193)
    hash = Math.imul(hash ^ (unit >> 8), 0x01000193)
  }
  return hash >>> 0
}
