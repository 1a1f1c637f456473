import { evaluateQuery } from '../promql/engine.js'
import { asTidemarkError, TidemarkError } from '../schemas/errors.js'
import type { Limits } from '../schemas/limits.js'
import type { ActiveAlert, RuleGroupStatus, RuleStatus } from '../schemas/ports/rules.js'
import type { SeriesSource } from '../schemas/ports/series-source.js'
import { type Alerts, type Given, judge } from './judge.js'
import type { AlertRule, RuleGroup } from './rule-file.js'

/** Times that a rule is judged at in one go: what a FOR is rebuilt from reaches back no further. */
const MAX_STEPS = 5000

/** A source that may know that its answers lack something: then nothing follows from a series that is not there. */
export type RuleSource = SeriesSource & { readonly partialReasons?: ReadonlySet<string> }

/** What groups are judged with. */
export interface EvaluateOptions {
  /** Opens a source for one rule. */
  open: () => Promise<RuleSource>
  limits: Pick<Limits, 'querySamples' | 'queryDepth' | 'queryResultSamples'>
  /** ms that only grow, for how long a judgement took. */
  now: () => number
}

/** The newest time on the group's grid at which it can be judged: whole windows up to there can be stored by then. */
export function judgeableMs({ intervalMs }: Pick<RuleGroup, 'intervalMs'>, nowMs: number, delayMs: number): number {
  return Math.floor((nowMs - delayMs) / intervalMs) * intervalMs
}

/** What tells a group from all others. */
export function groupId({ file, name }: Pick<RuleGroup, 'file' | 'name'>): string {
  return `${file};${name}`
}

/** Judges a group of rules, step by step in event time: the same data give the same alerts, whenever it is asked. */
export class GroupEvaluator {
  readonly group: RuleGroup
  readonly #rules: RuleEvaluator[]

  /** @param known alerts of the rules as they stood before a restart, by the rule's place in the group */
  constructor(
    group: RuleGroup,
    options: EvaluateOptions,
    known: ReadonlyMap<number, readonly ActiveAlert[]> = new Map(),
  ) {
    this.group = group
    this.#rules = group.rules.map(
      (rule, i) => new RuleEvaluator(rule, `${groupId(group)};${i}`, group.intervalMs, options, known.get(i) ?? []),
    )
  }

  /** Judges every rule at each time of the grid that is still to come up to `toMs`. Never rejects: see `status`. */
  async advance(toMs: number): Promise<void> {
    for (const rule of this.#rules) await rule.advance(toMs)
  }

  status(): RuleGroupStatus {
    const { name, file, intervalMs } = this.group
    return { name, file, intervalMs, rules: this.#rules.map((rule) => rule.status()) }
  }
}

class RuleEvaluator {
  readonly #rule: AlertRule
  readonly #key: string
  readonly #intervalMs: number
  readonly #options: EvaluateOptions
  #alerts: Alerts
  #judgedMs: number | undefined
  #failure: string | undefined
  #tookMs = 0

  constructor(
    rule: AlertRule,
    key: string,
    intervalMs: number,
    options: EvaluateOptions,
    known: readonly ActiveAlert[],
  ) {
    this.#rule = rule
    this.#key = key
    this.#intervalMs = intervalMs
    this.#options = options
    this.#alerts = new Map(known.map((alert) => [alert.fingerprint, alert]))
  }

  async advance(toMs: number): Promise<void> {
    const startedMs = this.#options.now()
    try {
      await this.#judgeUpTo(toMs)
      this.#failure = undefined
    } catch (thrown) {
      const reason = asTidemarkError(thrown).message
      this.#failure = new TidemarkError('TM_RULE_FAILED', { alert: this.#rule.alert, reason }).message
    }
    this.#tookMs = this.#options.now() - startedMs
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
    const { forMs, keepFiringMs } = this.#rule
    const stepMs = this.#intervalMs
    const steps = Math.min(MAX_STEPS, Math.ceil((forMs + keepFiringMs) / stepMs))
    const rebuiltFromMs = toMs - steps * stepMs
    // What was judged last carries on, unless all that counts is read anyway.
    const goesOn = this.#judgedMs !== undefined && this.#judgedMs + stepMs >= rebuiltFromMs
    const startMs = goesOn ? this.#judgedMs! + stepMs : rebuiltFromMs
    if (startMs > toMs) return
    let alerts: Alerts = goesOn ? this.#alerts : new Map()
    const given = await this.#ask(startMs, toMs)
    for (let timeMs = startMs; timeMs <= toMs; timeMs += stepMs) {
      alerts = judge(this.#rule, this.#key, alerts, given.get(timeMs) ?? [], timeMs)
    }
    this.#alerts = goesOn ? alerts : inherited(alerts, this.#alerts, startMs)
    this.#judgedMs = toMs
  }

  /** What the expression gives at each time. */
  async #ask(startMs: number, endMs: number): Promise<Map<number, Given[]>> {
    const { open, limits } = this.#options
    const { expr, text } = this.#rule
    const source = await open()
    const times = { startMs, endMs, stepMs: this.#intervalMs }
    const { value } = await evaluateQuery(expr, text, times, source, { limits })
    const reasons = [...(source.partialReasons ?? [])]
    if (reasons.length > 0) throw new Error(reasons.join('; '))
    const given = new Map<number, Given[]>()
    if (value.type !== 'matrix') return given
    for (const { labels, timeMs, value: values } of value.series) {
      timeMs.forEach((at, i) => {
        const already = given.get(at)
        if (already) already.push({ labels, value: values[i] })
        else given.set(at, [{ labels, value: values[i] }])
      })
    }
    return given
  }
}

/** An alert that was active all the time that was read again, and before: since when is known from before. */
function inherited(rebuilt: Alerts, known: Alerts, firstMs: number): Alerts {
  return new Map(
    [...rebuilt].map(([fingerprint, alert]) => {
      const earlier = known.get(fingerprint)
      if (!earlier || alert.activeMs !== firstMs || earlier.activeMs >= firstMs) return [fingerprint, alert]
      const firedMs = alert.state === 'firing' ? (earlier.firedMs ?? alert.firedMs) : undefined
      return [fingerprint, { ...alert, activeMs: earlier.activeMs, firedMs }]
    }),
  )
}
