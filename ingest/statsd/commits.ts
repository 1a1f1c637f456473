import { setTimeout } from 'node:timers/promises'
import { asTidemarkError, type TidemarkError } from '../../schemas/errors.js'
import type { IngestRequest } from '../request.js'

/** What became of a listener's requests; each count only grows. */
export interface CommitCounters {
  /** Points that the log has. */
  points: number
  /** Pieces of the input that were refused. */
  refused: number
  /** Requests whose points were lost, as the log did not take them. */
  failedCommits: number
}

/** How long to wait, ms, before a log that was full is tried again. */
const RETRY_MS = 100

/**
 * The commits that a listener has under way, and what became of those before. A full log is tried again until the
 * listener closes: nobody else would, as the sender of a StatsD line waits for no answer.
 */
export class Commits {
  readonly #counters: CommitCounters
  readonly #onFailure: (error: TidemarkError) => void
  readonly #underWay = new Set<Promise<boolean>>()
  #isClosing = false

  /** @param onFailure told of each commit that failed */
  constructor(counters: CommitCounters, onFailure: (error: TidemarkError) => void) {
    this.#counters = counters
    this.#onFailure = onFailure
  }

  get underWay(): number {
    return this.#underWay.size
  }

  /** Commits a request. @returns whether the log has its points; never rejects */
  commit(request: IngestRequest): Promise<boolean> {
    const commit = this.#commit(request)
    this.#underWay.add(commit)
    return commit.finally(() => this.#underWay.delete(commit))
  }

  /** Stops trying again; resolves once nothing is under way. */
  async close(): Promise<void> {
    this.#isClosing = true
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  async #commit(request: IngestRequest): Promise<boolean> {
    try {
      const { accepted, refusedCount } = await request.commit()
      this.#counters.points += accepted
      this.#counters.refused += refusedCount
      return true
    } catch (thrown) {
      const error = asTidemarkError(thrown)
      if (error.code === 'TM_LOG_BACKPRESSURE' && !this.#isClosing) {
        await setTimeout(RETRY_MS)
        return this.#commit(request)
      }
      this.#counters.failedCommits++
      this.#onFailure(error)
      return false
    }
  }
}
