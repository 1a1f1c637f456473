import { widened } from '../../schemas/widened.js'

/** Links (a key with one of its fields) at which everything is forgotten. */
const MAX_LINKS = 1 << 22

/**
 * The handle of each field of each key, and a guess which follows which. A sender writes the same keys in the same
 * order request after request, and the fields of a key line after line, so each key and each link (a key with one of
 * its fields) points at the one that came behind it the last time.
 */
export class HandleChains {
  #keys = 0
  #links = 0
  #firsts = new Int32Array(256)
  #nextKeys = new Int32Array(256)
  #owners = new Int32Array(1024)
  #fields = new Int32Array(1024)
  #nexts = new Int32Array(1024)
  #handles = new Int32Array(1024)
  /** Open-addressing table of links by key and field. */
  #table = new Int32Array(2048).fill(-1)

  get isFull(): boolean {
    return this.#links >= MAX_LINKS || this.#keys >= MAX_LINKS
  }

  /** Makes room for a key that was never seen. Keys are numbered 0, 1, 2… */
  addKey(): void {
    const key = this.#keys++
    if (key === this.#firsts.length) {
      this.#firsts = widened(this.#firsts, key * 2)
      this.#nextKeys = widened(this.#nextKeys, key * 2)
    }
    this.#firsts[key] = -1
    this.#nextKeys[key] = -1
  }

  /** The key that is expected behind `previous` (-1 at the start of a request), or -1. */
  guessKey(previous: number): number {
    return previous === -1 ? -1 : this.#nextKeys[previous]
  }

  /** Says that `key` came behind `previous`. */
  followKey(previous: number, key: number): void {
    if (previous !== -1) this.#nextKeys[previous] = key
  }

  /** The link that is expected behind `previous` (-1 at the start of a line), or -1. */
  guess(key: number, previous: number): number {
    return previous === -1 ? this.#firsts[key] : this.#nexts[previous]
  }

  fieldOf(link: number): number {
    return this.#fields[link]
  }

  /** The handle of the link's series; -1 until {@link setHandle}. */
  handleOf(link: number): number {
    return this.#handles[link]
  }

  setHandle(link: number, handle: number): void {
    this.#handles[link] = handle
  }

  /** The link of a field of a key, made if there is none; from now on it is expected behind `previous`. */
  link(key: number, field: number, previous: number): number {
    const link = this.#find(key, field)
    if (previous === -1) this.#firsts[key] = link
    else this.#nexts[previous] = link
    return link
  }

  #find(key: number, field: number): number {
    if (this.#links === this.#owners.length) this.#grow()
    const mask = this.#table.length - 1
    let slot = place(key, field) & mask
    for (; this.#table[slot] !== -1; slot = (slot + 1) & mask) {
      const link = this.#table[slot]
      if (this.#owners[link] === key && this.#fields[link] === field) return link
    }
    const link = this.#links++
    this.#table[slot] = link
    this.#owners[link] = key
    this.#fields[link] = field
    this.#nexts[link] = -1
    this.#handles[link] = -1
    return link
  }

  #grow(): void {
    const capacity = this.#owners.length * 2
    this.#owners = widened(this.#owners, capacity)
    this.#fields = widened(this.#fields, capacity)
    this.#nexts = widened(this.#nexts, capacity)
    this.#handles = widened(this.#handles, capacity)
    const old = this.#table
    this.#table = new Int32Array(old.length * 2).fill(-1)
    const mask = this.#table.length - 1
    for (const link of old) {
      if (link === -1) continue
      let slot = place(this.#owners[link], this.#fields[link]) & mask
      while (this.#table[slot] !== -1) slot = (slot + 1) & mask
      this.#table[slot] = link
    }
  }
}

function place(key: number, field: number): number {
  const mixed = Math.imul(key, 0x9e3779b1) ^ Math.imul(field + 1, 0x85ebca6b)
  return mixed ^ (mixed >>> 15)
}
