/**
 * Keeps the k greatest (or smallest) of the values that are offered, NaN only while there is nothing better. A binary
 * heap with the worst one on top; a value replaces it only if it is truly better, so the first of equals stays.
 */
export class Ranking {
  readonly #greatest: boolean
  readonly #capacity: number
  #size = 0
  /** What was offered, by its number; its value stands at the same place. */
  readonly #item: number[] = []
  readonly #value: number[] = []

  constructor(which: 'topk' | 'bottomk', k: number) {
    this.#greatest = which === 'topk'
    this.#capacity = k
  }

  offer(item: number, value: number): void {
    if (this.#size < this.#capacity) {
      this.#item[this.#size] = item
      this.#value[this.#size] = value
      this.#rise(this.#size++)
    } else if (this.#capacity > 0 && this.#beats(value, this.#value[0])) {
      this.#item[0] = item
      this.#value[0] = value
      this.#sink()
    }
  }

  /** The items kept, best first. */
  best(): number[] {
    const places = Array.from({ length: this.#size }, (_, place) => place)
    places.sort((a, b) => this.#compare(this.#value[b], this.#value[a]))
    return places.map((place) => this.#item[place])
  }

  #beats(value: number, worst: number): boolean {
    if (Number.isNaN(worst)) return !Number.isNaN(value)
    return this.#greatest ? value > worst : value < worst
  }

  /** Negative if a is worse than b. */
  #compare(a: number, b: number): number {
    if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : -1
    if (Number.isNaN(b)) return 1
    if (a === b) return 0
    return a < b === this.#greatest ? -1 : 1
  }

  #rise(from: number): void {
    for (let place = from; place > 0; ) {
      const parent = (place - 1) >> 1
      if (this.#compare(this.#value[place], this.#value[parent]) >= 0) return
      this.#swap(place, parent)
      place = parent
    }
  }

  #sink(): void {
    for (let place = 0; ; ) {
      let child = 2 * place + 1
      if (child >= this.#size) return
      if (child + 1 < this.#size && this.#compare(this.#value[child + 1], this.#value[child]) < 0) child++
      if (this.#compare(this.#value[child], this.#value[place]) >= 0) return
      this.#swap(place, child)
      place = child
    }
  }

  #swap(a: number, b: number): void {
    const item = this.#item[a]
    const value = this.#value[a]
    this.#item[a] = this.#item[b]
    this.#value[a] = this.#value[b]
    this.#item[b] = item
    this.#value[b] = value
  }
}
