/**
 * Names of keys. All keys of one partition share a hash tag, so that on a cluster they lie on one node and change
 * together.
 *
 * | key | type | what |
 * |---|---|---|
 * | `{tm:p0}:index` | hash | who feeds the partition, what is covered, and each start that is held with its tag |
 * | `{tm:p0}:alive` | string | is there as long as the partition was fed some seconds ago |
 * | `{tm:p0}:w:<start>` | hash | the windows of one start: chunks by number of their page; its tag under '' |
 * | `{tm:p0}:m:<feed>` | hash | metric → its pages; the number of all series under '' |
 * | `{tm:p0}:s:<feed>` | hash | page → its series, which the chunks name by their place in it |
 * | `tm:changes` | channel | what has just been put |
 * | `tm:cache:<key>` | string | a value of the cache |
 */
export class RedisKeys {
  readonly #prefix: string
  /** Channel of changes. */
  readonly changes: string

  constructor(prefix: string) {
    this.#prefix = prefix
    this.changes = `${prefix}:changes`
  }

  index(partition: number): string {
    return this.#of(partition, 'index')
  }

  alive(partition: number): string {
    return this.#of(partition, 'alive')
  }

  window(partition: number, startMs: number): string {
    return this.#of(partition, `w:${startMs}`)
  }

  /** The two keys of a feed's series: metrics and pages. */
  series(partition: number, feed: string): [metrics: string, pages: string] {
    return [this.#of(partition, `m:${feed}`), this.#of(partition, `s:${feed}`)]
  }

  cached(key: string): string {
    return `${this.#prefix}:cache:${key}`
  }

  #of(partition: number, what: string): string {
    return `{${this.#prefix}:p${partition}}:${what}`
  }
}

/**
 * What is said of the windows of one start, in the index and with the windows themselves: another one after each put,
 * so that a reader sees whether they are still those that it looked up.
 */
export interface WindowTag {
  closed: boolean
  /** Its series are named by the pages of this feed. */
  feed: string
}

/** @param put number of the put within the feed */
export function formatTag({ closed, feed }: WindowTag, put: number): string {
  return `${closed ? 'c' : 'o'}:${feed}:${put}`
}

/** Reads back {@link formatTag}. */
export function parseTag(tag: string): WindowTag {
  const [state, feed] = tag.split(':')
  return { closed: state === 'c', feed }
}
