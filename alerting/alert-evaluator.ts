import { asTidemarkError, TidemarkError } from '../schemas/errors.js'
import type { ActiveAlert, RuleStatus } from '../schemas/ports/rules.js'
import { type AskOptions, askForTemplate, askRange, type Given, templateSample } from './ask.js'
import {
  type Alerts,
  alertLabels,
  type Draft,
  type JudgedAlert,
  type JudgeRules,
  judge,
  TooManyAlerts,
} from './judge.js'
import type { AlertRule, RuleGroup, Templated } from './rule-file.js'

/** Times that a rule is judged at in one go: what a FOR is rebuilt from reaches back no further. */
const MAX_STEPS = 5000

/** What groups are judged with. */
export interface EvaluateOptions extends AskOptions {
  /** ms that only grow, for how long a judgement took. */
  now: () => number
  /** What templates know of this installation. */
  external?: External
  /** Nothing is judged before this time, ms; left out: a FOR is rebuilt from what lies before. */
  firstMs?: number
}

/** What tells this installation from others. */
export interface External {
  labels: Readonly<Record<string, string>>
  url: string
}

const NO_EXTERNAL: External = { labels: {}, url: '' }

/** Judges one alerting rule, step by step in event time. */
export class AlertEvaluator {
  readonly #rule: AlertRule
  readonly #rules: JudgeRules
  readonly #offsetMs: number
  readonly #options: EvaluateOptions
  #alerts: ReadonlyMap<string, ActiveAlert>
  #judgedMs: number | undefined
  #failure: string | undefined
  #reason: string | undefined
  #tookMs = 0

  /**
   * @param key what tells the rule from all others
   * @param known its alerts as they stood before a restart
   */
  constructor(
    rule: AlertRule,
    key: string,
    { intervalMs, queryOffsetMs = 0, limit }: Pick<RuleGroup, 'intervalMs' | 'queryOffsetMs' | 'limit'>,
    options: EvaluateOptions,
    known: readonly ActiveAlert[],
  ) {
    this.#rule = rule
    this.#rules = { key, stepMs: intervalMs, limit, forMs: rule.forMs, keepFiringMs: rule.keepFiringMs }
    this.#offsetMs = queryOffsetMs
    this.#options = options
    this.#alerts = new Map(known.map((alert) => [alert.fingerprint, alert]))
  }

  /** Judges at each time of the grid that is still to come up to `toMs`. Never rejects: see `status`. */
  async advance(toMs: number): Promise<void> {
    const startedMs = this.#options.now()
    this.#reason = undefined
    try {
      await this.#judgeUpTo(toMs)
    } catch (thrown) {
      if (thrown instanceof TooManyAlerts) this.#alerts = new Map()
      this.#reason = asTidemarkError(thrown).message
    }
    const { alert } = this.#rule
    this.#failure = this.#reason && new TidemarkError('TM_RULE_FAILED', { alert, reason: this.#reason }).message
    this.#tookMs = this.#options.now() - startedMs
  }

  /** Why it could not be judged last; undefined if it could. */
  get reason(): string | undefined {
    return this.#reason
  }

  status(): RuleStatus {
    const { alert, text, forMs, keepFiringMs, labels, annotations } = this.#rule
    return {
      alert,
      query: text,
      forMs,
      keepFiringMs,
      labels: Object.fromEntries(labels.map(({ name, text }) => [name, text])),
      annotations: Object.fromEntries(annotations.map(({ name, text }) => [name, text])),
      health: this.#failure ? 'err' : this.#judgedMs === undefined ? 'unknown' : 'ok',
      lastError: this.#failure,
      judgedMs: this.#judgedMs,
      tookMs: this.#tookMs,
      alerts: [...this.#alerts.values()],
    }
  }

  async #judgeUpTo(toMs: number): Promise<void> {
    const { forMs, keepFiringMs, stepMs } = this.#rules
    const { firstMs = Number.NEGATIVE_INFINITY } = this.#options
    const steps = Math.min(MAX_STEPS, Math.ceil((forMs + keepFiringMs) / stepMs) + (keepFiringMs > 0 ? 1 : 0))
    const rebuiltFromMs = Math.max(firstMs, toMs - steps * stepMs)
    // What was judged last carries on, unless all that counts is read anyway.
    const goesOn = this.#judgedMs !== undefined && this.#judgedMs + stepMs >= rebuiltFromMs
    const startMs = goesOn ? this.#judgedMs! + stepMs : rebuiltFromMs
    if (startMs > toMs) return
    let alerts: Alerts = goesOn ? this.#alerts : new Map()
    const given = await askRange(this.#rule, { startMs, endMs: toMs, stepMs }, this.#offsetMs, this.#options)
    for (let timeMs = startMs; timeMs <= toMs; timeMs += stepMs) {
      alerts = judge(this.#rules, alerts, await this.#drafts(given.get(timeMs) ?? [], timeMs), timeMs)
    }
    const filled = await this.#filledIn(alerts)
    this.#alerts = goesOn ? filled : inherited(filled, this.#alerts, startMs)
    this.#judgedMs = toMs
  }

  async #drafts(given: readonly Given[], timeMs: number): Promise<Draft[]> {
    const drafts: Draft[] = []
    for (const one of given) {
      const own = await this.#fill(this.#rule.labels, one, timeMs)
      drafts.push({ given: one, labels: alertLabels(one, own, this.#rule.alert) })
    }
    return drafts
  }

  async #filledIn(alerts: Alerts): Promise<Map<string, ActiveAlert>> {
    const filled = new Map<string, ActiveAlert>()
    for (const [fingerprint, alert] of alerts) filled.set(fingerprint, await this.#withAnnotations(alert))
    return filled
  }

  async #withAnnotations({ given, annotations, ...alert }: JudgedAlert): Promise<ActiveAlert> {
    if (!given) return { ...alert, annotations: annotations ?? {} }
    return { ...alert, annotations: await this.#fill(this.#rule.annotations, given, alert.seenMs) }
  }

  /** What templates become; one that fails says so in its place, for an alert must not be lost over its wording. */
  async #fill(templates: readonly Templated[], given: Given, timeMs: number): Promise<Record<string, string>> {
    const { labels, url } = this.#options.external ?? NO_EXTERNAL
    const context = { ...templateSample(given), timeMs, externalLabels: labels, externalUrl: url }
    const filled: Record<string, string> = {}
    for (const { name, fill } of templates) {
      try {
        const text = fill(context, (query) => askForTemplate(query, timeMs, this.#options))
        filled[name] = typeof text === 'string' ? text : await text
      } catch (thrown) {
        filled[name] = `<error expanding template: ${(thrown as Error).message}>`
      }
    }
    return filled
  }
}

/** An alert that was active all the time that was read again, and before: since when is known from before. */
function inherited(
  rebuilt: ReadonlyMap<string, ActiveAlert>,
  known: ReadonlyMap<string, ActiveAlert>,
  firstMs: number,
): Map<string, ActiveAlert> {
  return new Map(
    [...rebuilt].map(([fingerprint, alert]) => {
      const earlier = known.get(fingerprint)
      if (!earlier || alert.activeMs !== firstMs || earlier.activeMs >= firstMs) return [fingerprint, alert]
      const firedMs = alert.state === 'firing' ? (earlier.firedMs ?? alert.firedMs) : undefined
      return [fingerprint, { ...alert, activeMs: earlier.activeMs, firedMs }]
    }),
  )
}
