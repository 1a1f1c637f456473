/** Gives numbers from 0 (inclusive) to 1 (exclusive). */
export type Random = () => number

export function chance(random: Random, probability: number): boolean {
  return random() < probability
}

/** A whole number from 0 to `most`, both inclusive. */
export function wholeUpTo(random: Random, most: number): number {
  return Math.floor(random() * (most + 1))
}

export function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)]
}

/** Each choice with this probability, in their order. */
export function someOf<T>(random: Random, choices: readonly T[], probability: number): T[] {
  return choices.filter(() => random() < probability)
}
