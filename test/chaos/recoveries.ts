/** How long it took after each fault until new points were seen again. */
export class Recoveries {
  readonly #byFault = new Map<string, number[]>()

  note(fault: string, tookMs: number): void {
    this.#byFault.set(fault, [...(this.#byFault.get(fault) ?? []), tookMs])
  }

  /** A line a fault: how often, median and longest, s. */
  table(): string {
    const seconds = (ms: number) => (ms / 1000).toFixed(1).padStart(8)
    const lines = [...this.#byFault].map(([fault, times]) => {
      const sorted = [...times].sort((a, b) => a - b)
      const median = sorted[Math.floor(sorted.length / 2)]
      return `${fault.padEnd(24)}${String(times.length).padStart(6)}${seconds(median)}${seconds(sorted.at(-1) ?? 0)}`
    })
    return ['fault                    times  median     max  (s until a new point was seen)', ...lines].join('\n')
  }
}
