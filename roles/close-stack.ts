/** What was opened, closed again in reverse order, whatever fails on the way. */
export class CloseStack {
  readonly #closers: { what: string; close: () => unknown }[] = []

  /** @param what for the message if closing fails */
  add(what: string, close: () => unknown): void {
    this.#closers.push({ what, close })
  }

  /** Closes everything; @throws the first error, after the rest was closed */
  async close(): Promise<void> {
    let failure: Error | undefined
    for (const { what, close } of this.#closers.splice(0).reverse()) {
      try {
        await close()
      } catch (cause) {
        failure ??= new Error(`${what} did not close: ${(cause as Error).message}`, { cause })
      }
    }
    if (failure) throw failure
  }
}
