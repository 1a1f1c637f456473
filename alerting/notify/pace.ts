/** Reservations that are kept at most; what comes beyond waits without one. */
const RESERVED = 10_000

/** How many messages a channel takes. */
export interface PaceLimits {
  perMinute: number
  /** At once. */
  burst: number
}

/**
 * Lets messages through at a channel's pace: a token bucket, kept as the time at which it would be full again (the
 * generic cell rate algorithm). Whoever has to wait is told until when and has that place for themselves.
 */
export class Pace {
  readonly #intervalMs: number
  readonly #burstMs: number
  /** When all that was let through so far would have been at an even pace, ms since epoch. */
  #evenMs = Number.NEGATIVE_INFINITY
  #pausedUntilMs = Number.NEGATIVE_INFINITY
  readonly #places = new Map<string, number>()

  constructor({ perMinute, burst }: PaceLimits) {
    this.#intervalMs = 60_000 / perMinute
    this.#burstMs = this.#intervalMs * (burst - 1)
  }

  /** @returns undefined if the message may be sent now, else when, ms since epoch */
  admit(key: string, nowMs: number): number | undefined {
    const reservedMs = this.#places.get(key)
    const isKept = reservedMs !== undefined && reservedMs >= this.#pausedUntilMs
    const placeMs = isKept ? reservedMs : this.#nextPlace(nowMs)
    if (placeMs > nowMs) {
      this.#reserve(key, placeMs, nowMs)
      return placeMs
    }
    this.#places.delete(key)
    return undefined
  }

  /** Lets nothing through before then, for the other side has said so; places before it are void. */
  pause(untilMs: number): void {
    if (untilMs <= this.#pausedUntilMs) return
    this.#pausedUntilMs = untilMs
    this.#evenMs = Math.max(this.#evenMs, untilMs + this.#burstMs)
  }

  #nextPlace(nowMs: number): number {
    const evenMs = Math.max(this.#evenMs, nowMs)
    this.#evenMs = evenMs + this.#intervalMs
    return Math.max(nowMs, evenMs - this.#burstMs)
  }

  #reserve(key: string, placeMs: number, nowMs: number): void {
    if (this.#places.size >= RESERVED) {
      // Whoever did not come is not waited for.
      for (const [other, otherMs] of this.#places) if (otherMs < nowMs - 60_000) this.#places.delete(other)
    }
    if (this.#places.size < RESERVED) this.#places.set(key, placeMs)
  }
}
