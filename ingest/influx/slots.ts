import { widened } from '../../schemas/widened.js'

/** Where the tags of the current line stand, as offsets into the bytes. */
export class TagSlots {
  count = 0
  keyStart = new Int32Array(64)
  keyEnd = new Int32Array(64)
  valueStart = new Int32Array(64)
  valueEnd = new Int32Array(64)

  add(keyStart: number, keyEnd: number, valueStart: number, valueEnd: number): void {
    const i = this.count++
    if (i === this.keyStart.length) this.#grow()
    this.keyStart[i] = keyStart
    this.keyEnd[i] = keyEnd
    this.valueStart[i] = valueStart
    this.valueEnd[i] = valueEnd
  }

  /** True if one of the tags has this key, which is ASCII without characters to escape. */
  has(bytes: Uint8Array, key: string): boolean {
    for (let i = 0; i < this.count; i++) {
      const start = this.keyStart[i]
      if (this.keyEnd[i] - start !== key.length) continue
      let k = 0
      while (k < key.length && bytes[start + k] === key.charCodeAt(k)) k++
      if (k === key.length) return true
    }
    return false
  }

  /** Index of the second of two tags with the same key, or -1. A key is escaped in one way only, so bytes decide. */
  repeated(bytes: Uint8Array): number {
    if (this.count < 2) return -1
    const seen = new Set<string>()
    for (let i = 0; i < this.count; i++) {
      seen.add(Buffer.from(bytes.subarray(this.keyStart[i], this.keyEnd[i])).toString('latin1'))
      if (seen.size === i) return i
    }
    return -1
  }

  #grow(): void {
    const capacity = this.keyStart.length * 2
    this.keyStart = widened(this.keyStart, capacity)
    this.keyEnd = widened(this.keyEnd, capacity)
    this.valueStart = widened(this.valueStart, capacity)
    this.valueEnd = widened(this.valueEnd, capacity)
  }
}

/** What a field holds. */
export const FieldKind = { Float: 0, Integer: 1, Unsigned: 2, Boolean: 3, String: 4 } as const
export type FieldKind = (typeof FieldKind)[keyof typeof FieldKind]

/** Where the fields of the current line stand, and what they are worth as floats. */
export class FieldSlots {
  count = 0
  keyStart = new Int32Array(64)
  keyEnd = new Int32Array(64)
  /** Of a number with its `i` or `u`; of a string without its quotes. */
  valueStart = new Int32Array(64)
  valueEnd = new Int32Array(64)
  kind = new Uint8Array(64)
  /** The nearest float; 1 and 0 for true and false, NaN for strings. */
  value = new Float64Array(64)

  add(keyStart: number, keyEnd: number, valueStart: number, valueEnd: number, kind: FieldKind, value: number): void {
    const i = this.count++
    if (i === this.keyStart.length) this.#grow()
    this.keyStart[i] = keyStart
    this.keyEnd[i] = keyEnd
    this.valueStart[i] = valueStart
    this.valueEnd[i] = valueEnd
    this.kind[i] = kind
    this.value[i] = value
  }

  #grow(): void {
    const capacity = this.keyStart.length * 2
    this.keyStart = widened(this.keyStart, capacity)
    this.keyEnd = widened(this.keyEnd, capacity)
    this.valueStart = widened(this.valueStart, capacity)
    this.valueEnd = widened(this.valueEnd, capacity)
    this.kind = widened(this.kind, capacity)
    this.value = widened(this.value, capacity)
  }
}
