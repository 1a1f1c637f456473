import type { QueryTimes } from '../promql/engine.js'
import { asTidemarkError, TidemarkError } from '../schemas/errors.js'
import type { ActiveAlert, RuleStatus } from '../schemas/ports/rules.js'
import { askRange } from './ask.js'
import { type FillOptions, fillTemplates } from './fill-templates.js'
import { type Alerts, type JudgedAlert, TooManyAlerts } from './judge.js'
import type { AlertRule } from './rule-file.js'
import { type Asked, askedTimes, judgeTimes, type KeyedRule, memorySteps } from './rule-run.js'

/** Times that a rule is judged at in one go: what a FOR is rebuilt from reaches back no further. */
const MAX_STEPS = 5000

/** What groups are judged with. */
export interface EvaluateOptions extends FillOptions {
  /** ms that only grow, for how long a judgement took. */
  now: () => number
  /** Nothing is judged before this time, ms; left out: a FOR is rebuilt from what lies before. */
  firstMs?: number
}

/** Judges one alerting rule, step by step in event time. */
export class AlertEvaluator {
  readonly #keyed: KeyedRule
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
    group: KeyedRule['group'],
    options: EvaluateOptions,
    known: readonly ActiveAlert[],
  ) {
    this.#keyed = { rule, key, group }
    this.#options = options
    this.#alerts = new Map(known.map((alert) => [alert.fingerprint, alert]))
  }

  /** What will be asked to judge the rule up to `toMs`; undefined if it was judged up to there. */
  expected(toMs: number): { rule: AlertRule; times: QueryTimes } | undefined {
    const { startMs } = this.#start(toMs)
    if (startMs > toMs) return undefined
    const { rule, group } = this.#keyed
    return { rule, times: askedTimes({ startMs, endMs: toMs, stepMs: group.intervalMs }, group) }
  }

  /**
   * Judges at each time of the grid that is still to come up to `toMs`. Never rejects: see `status`.
   * @param asked left out: it asks by itself
   */
  async advance(
    toMs: number,
    asked: Asked = { ask: (rule, times) => askRange(rule, times, this.#options) },
  ): Promise<void> {
    const startedMs = this.#options.now()
    this.#reason = undefined
    try {
      await this.#judgeUpTo(toMs, asked)
    } catch (thrown) {
      if (thrown instanceof TooManyAlerts) this.#alerts = new Map()
      this.#reason = asTidemarkError(thrown).message
    }
    const { alert } = this.#keyed.rule
    this.#failure = this.#reason && new TidemarkError('TM_RULE_FAILED', { alert, reason: this.#reason }).message
    this.#tookMs = this.#options.now() - startedMs
  }

  /** Why it could not be judged last; undefined if it could. */
  get reason(): string | undefined {
    return this.#reason
  }

  status(): RuleStatus {
    const { alert, text, forMs, keepFiringMs, labels, annotations } = this.#keyed.rule
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

  /** The first time to judge at, and whether what was judged last carries on there. */
  #start(toMs: number): { startMs: number; goesOn: boolean } {
    const { rule, group } = this.#keyed
    const stepMs = group.intervalMs
    const { firstMs = Number.NEGATIVE_INFINITY } = this.#options
    const steps = Math.min(MAX_STEPS, memorySteps(rule, stepMs))
    const rebuiltFromMs = Math.max(firstMs, toMs - steps * stepMs)
    // What was judged last carries on, unless all that counts is read anyway.
    const goesOn = this.#judgedMs !== undefined && this.#judgedMs + stepMs >= rebuiltFromMs
    return { startMs: goesOn ? this.#judgedMs! + stepMs : rebuiltFromMs, goesOn }
  }

  async #judgeUpTo(toMs: number, asked: Asked): Promise<void> {
    const { startMs, goesOn } = this.#start(toMs)
    if (startMs > toMs) return
    const before: Alerts = goesOn ? this.#alerts : new Map()
    const times = { startMs, endMs: toMs, stepMs: this.#keyed.group.intervalMs }
    const filled = await this.#filledIn(await judgeTimes(this.#keyed, before, times, asked, this.#options))
    this.#alerts = goesOn ? filled : inherited(filled, this.#alerts, startMs)
    this.#judgedMs = toMs
  }

  async #filledIn(alerts: Alerts): Promise<Map<string, ActiveAlert>> {
    const filled = new Map<string, ActiveAlert>()
    for (const [fingerprint, alert] of alerts) filled.set(fingerprint, await this.#withAnnotations(alert))
    return filled
  }

  async #withAnnotations({ given, annotations, ...alert }: JudgedAlert): Promise<ActiveAlert> {
    if (!given) return { ...alert, annotations: annotations ?? {} }
    const { rule } = this.#keyed
    return { ...alert, annotations: await fillTemplates(rule.annotations, given, alert.seenMs, this.#options) }
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
