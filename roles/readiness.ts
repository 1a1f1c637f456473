import type { Clock } from '../schemas/time.js'
import type { Health } from '../serving/http/health.js'
import type { Check } from './checks.js'
import { within } from './within.js'

/** What does not answer within this is not there, ms. */
const ASK_MS = 2000
/** Who asks again within this gets the same answer, ms. */
const KEPT_MS = 1000

/** Whether this process can do its work, asked of what it works with. */
export class Readiness {
  readonly #checks: readonly Check[]
  readonly #clock: Clock
  #askedMs = Number.NEGATIVE_INFINITY
  #answer: Promise<Health> | undefined

  constructor(checks: readonly Check[], clock: Clock) {
    this.#checks = [...new Map(checks.map((check) => [`${check.name} ${check.isWarning ?? false}`, check])).values()]
    this.#clock = clock
  }

  /** Never rejects, and takes no longer than a check may. */
  now(): Promise<Health> {
    const nowMs = this.#clock()
    const isKept = nowMs >= this.#askedMs && nowMs - this.#askedMs < KEPT_MS
    if (this.#answer && isKept) return this.#answer
    this.#askedMs = nowMs
    this.#answer = this.#ask()
    return this.#answer
  }

  async #ask(): Promise<Health> {
    const found = await Promise.all(
      this.#checks.map(async ({ name, isWarning = false, ask }) => {
        try {
          await within(ASK_MS, ask())
          return []
        } catch (thrown) {
          return [{ isWarning, text: `${name}: ${(thrown as Error).message}` }]
        }
      }),
    )
    const all = found.flat()
    return {
      reasons: all.filter(({ isWarning }) => !isWarning).map(({ text }) => text),
      warnings: all.filter(({ isWarning }) => isWarning).map(({ text }) => text),
    }
  }
}
