/** How long work may keep the event loop to itself, ms. */
const SLICE_MS = 4

/** Cuts long work into turns, so that others have theirs in between. */
export class Turns {
  #endMs = performance.now() + SLICE_MS

  /** True once this turn has lasted long enough. */
  isOver(): boolean {
    return performance.now() >= this.#endMs
  }

  /** Resolves when the next one begins. */
  async next(): Promise<void> {
    await new Promise((resume) => setImmediate(resume))
    this.#endMs = performance.now() + SLICE_MS
  }
}
