/**
 * Joins callers that ask the same at the same time: those that come while a question is under way share the next one.
 * So every answer is of a moment after it was asked for.
 */
export class FreshAnswers<T> {
  readonly #ask: (about: string) => Promise<T>
  readonly #asked = new Map<string, { current: Promise<T>; following: Promise<T> | undefined }>()

  constructor(ask: (about: string) => Promise<T>) {
    this.#ask = ask
  }

  get(about: string): Promise<T> {
    const asked = this.#asked.get(about)
    if (!asked) return this.#begin(about)
    asked.following ??= asked.current.then(
      () => this.#begin(about),
      () => this.#begin(about),
    )
    return asked.following
  }

  #begin(about: string): Promise<T> {
    const asked = { current: this.#ask(about), following: undefined as Promise<T> | undefined }
    this.#asked.set(about, asked)
    const forget = () => {
      if (!asked.following) this.#asked.delete(about)
    }
    asked.current.then(forget, forget)
    return asked.current
  }
}
