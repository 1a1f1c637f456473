import { performance } from 'node:perf_hooks'

/** What evaluations took. */
export interface Effort {
  /** The longest one, ms. */
  longestMs: number
  /** The most processor time that one spent without letting other work of the process run, ms. */
  turnMs: number
}

/** Notes what evaluations take. */
export class Measure implements Effort {
  longestMs = 0
  turnMs = 0

  /** Does the work and notes what it took. */
  async of<T>(work: () => Promise<T>): Promise<T> {
    const startedMs = performance.now()
    let turnFrom = process.cpuUsage()
    const endTurn = () => {
      const { user, system } = process.cpuUsage(turnFrom)
      this.turnMs = Math.max(this.turnMs, (user + system) / 1000)
      turnFrom = process.cpuUsage()
    }
    const turn = () => {
      endTurn()
      next = setImmediate(turn)
    }
    let next = setImmediate(turn)
    try {
      return await work()
    } finally {
      clearImmediate(next)
      endTurn()
      this.longestMs = Math.max(this.longestMs, performance.now() - startedMs)
    }
  }
}
