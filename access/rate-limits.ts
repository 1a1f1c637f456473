/** Seconds' worth that may come at once: agents send in bursts. */
const BURST_S = 5

/** How far a limit is overdrawn. */
export interface Overdraft {
  /** Units a second since the bucket was last full, at least the limit. */
  actual: number
  /** After so many ms the next one is taken. */
  waitMs: number
}

interface Bucket {
  /** When it was last full, ms. */
  sinceMs: number
  /** Units taken since. */
  spent: number
}

/**
 * Token buckets by key. What is taken is known only afterwards (the points of a request, once it is decoded), so a
 * bucket may go into debt: then nothing more is taken until time has paid it back. At most `maxBuckets` are kept; of
 * more, the one that was full longest ago is forgotten.
 */
export class RateLimits {
  readonly #buckets = new Map<string, Bucket>()
  readonly #maxBuckets: number

  constructor(maxBuckets: number) {
    this.#maxBuckets = maxBuckets
  }

  /** Whether nothing may be taken now. @param perSecond 0: no limit */
  overdraft(key: string, perSecond: number, nowMs: number): Overdraft | undefined {
    const bucket = this.#buckets.get(key)
    if (perSecond === 0 || !bucket) return undefined
    const seconds = Math.max(0, nowMs - bucket.sinceMs) / 1000 + BURST_S
    if (bucket.spent < perSecond * seconds) return undefined
    return {
      actual: Math.ceil((bucket.spent + 1) / seconds),
      waitMs: Math.floor((bucket.spent / perSecond - seconds) * 1000) + 1,
    }
  }

  /** Takes an amount, whatever was taken before. */
  spend(key: string, perSecond: number, amount: number, nowMs: number): void {
    if (perSecond === 0) return
    const bucket = this.#buckets.get(key)
    if (bucket && bucket.spent > (perSecond * (nowMs - bucket.sinceMs)) / 1000) {
      bucket.spent += amount
      return
    }
    this.#buckets.delete(key)
    this.#buckets.set(key, { sinceMs: nowMs, spent: amount })
    if (this.#buckets.size > this.#maxBuckets) this.#buckets.delete(this.#buckets.keys().next().value!)
  }
}

/** What counts as one sender: an IPv4 address, or an IPv6 network of 64 bits, for whoever has one has them all. */
export function senderOf(address: string): string {
  const bare = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (!bare.includes(':')) return bare
  return `${bare.split('::', 1)[0].split(':').slice(0, 4).join(':')}::/64`
}
