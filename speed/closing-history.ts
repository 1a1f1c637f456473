/** Closings remembered a partition: at one a window, some hours. */
const REMEMBERED = 2000

/**
 * How far windows were closed and stored when a partition had been read up to an offset. Who compares the speed layer
 * with something that read the same log, but not as far, must know that and not what holds now.
 */
export class ClosingHistory {
  readonly #offsets: number[] = []
  readonly #throughMs: number[] = []
  #storedTo: number

  /** @param storedTo offset up to which everything is stored, at the start */
  constructor(storedTo: number) {
    this.#storedTo = storedTo
  }

  /**
   * Notes that all that came before `offset` is stored: its windows as far as they are closed, its late points.
   * @param throughMs windows that end at or before this time are closed; undefined before the first record
   */
  note(offset: number, throughMs: number | undefined): void {
    this.#storedTo = Math.max(this.#storedTo, offset)
    const known = this.#throughMs.at(-1) ?? Number.NEGATIVE_INFINITY
    if (throughMs === undefined || throughMs <= known) return
    this.#offsets.push(offset)
    this.#throughMs.push(throughMs)
    if (this.#offsets.length < 2 * REMEMBERED) return
    this.#offsets.splice(0, REMEMBERED)
    this.#throughMs.splice(0, REMEMBERED)
  }

  /**
   * Windows that end at or before the answer (ms) hold exactly the points before `offset` that were not late, and
   * those that were late are counted. -Infinity where that cannot be said of any window.
   */
  throughMs(offset: number): number {
    if (offset > this.#storedTo) return Number.NEGATIVE_INFINITY
    // Without a record that could be read there is no window.
    if (this.#offsets.length === 0) return Number.POSITIVE_INFINITY
    const at = this.#offsets.findLastIndex((noted) => noted <= offset)
    return at === -1 ? Number.NEGATIVE_INFINITY : this.#throughMs[at]
  }
}
