import type { QueryTimes } from '../promql/engine.js'
import { asTidemarkError, TidemarkError } from '../schemas/errors.js'
import type { Limits } from '../schemas/limits.js'
import type { ActiveAlert, RuleGroupStatus, RuleStatus } from '../schemas/ports/rules.js'
import type { SeriesSource } from '../schemas/ports/series-source.js'
import type { Alerts } from './judge.js'
import { Round } from './round.js'
import type { AlertRule, RuleGroup } from './rule-file.js'
import { type Asked, judgeTimes, memorySteps } from './rule-run.js'

/** Times that a rule is judged at in one go: what a FOR is rebuilt from reaches back no further. */
const MAX_STEPS = 5000

/** A source that may know that its answers lack something: then nothing follows from a series that is not there. */
export type RuleSource = SeriesSource & {
  readonly partialReasons?: ReadonlySet<string>
  /** What is to be known of its answers. */
  readonly warnings?: ReadonlySet<string>
}

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

/** What tells a rule from all others: its alerts' fingerprints are made of it. */
export function ruleKey(group: Pick<RuleGroup, 'file' | 'name'>, place: number): string {
  return `${groupId(group)};${place}`
}

/** Judges a group of rules, step by step in event time: the same data give the same alerts, whenever it is asked. */
export class GroupEvaluator {
  readonly group: RuleGroup
  readonly #options: EvaluateOptions
  readonly #rules: RuleEvaluator[]

  /** @param known alerts of the rules as they stood before a restart, by the rule's place in the group */
  constructor(
    group: RuleGroup,
    options: EvaluateOptions,
    known: ReadonlyMap<number, readonly ActiveAlert[]> = new Map(),
  ) {
    this.group = group
    this.#options = options
    this.#rules = group.rules.map(
      (rule, i) => new RuleEvaluator(rule, ruleKey(group, i), group.intervalMs, options, known.get(i) ?? []),
    )
  }

  /** What will be asked to judge the rules up to `toMs`. */
  expected(toMs: number): { rule: AlertRule; times: QueryTimes }[] {
    return this.#rules.flatMap((rule) => rule.expected(toMs) ?? [])
  }

  /**
   * Judges every rule at each time of the grid that is still to come up to `toMs`. Never rejects: see `status`.
   * @param round shared with other groups that are judged now; left out: of this group alone
   */
  async advance(toMs: number, round?: Asked): Promise<void> {
    const own = round ?? this.#planned(toMs)
    for (const rule of this.#rules) await rule.advance(toMs, own)
  }

  #planned(toMs: number): Asked {
    const round = new Round(this.#options)
    round.plan(this, toMs)
    return round
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

  /** The rule and the times that it is to be judged at up to `toMs`; undefined if there are none. */
  expected(toMs: number): { rule: AlertRule; times: QueryTimes } | undefined {
    const { startMs } = this.#start(toMs)
    if (startMs > toMs) return undefined
    return { rule: this.#rule, times: { startMs, endMs: toMs, stepMs: this.#intervalMs } }
  }

  async advance(toMs: number, round: Asked): Promise<void> {
    const startedMs = this.#options.now()
    try {
      await this.#judgeUpTo(toMs, round)
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

  /** The first time to judge at, and whether what was judged last carries on there. */
  #start(toMs: number): { startMs: number; goesOn: boolean } {
    const stepMs = this.#intervalMs
    const steps = Math.min(MAX_STEPS, memorySteps(this.#rule, stepMs))
    const rebuiltFromMs = toMs - steps * stepMs
    // What was judged last carries on, unless all that counts is read anyway.
    const goesOn = this.#judgedMs !== undefined && this.#judgedMs + stepMs >= rebuiltFromMs
    return { startMs: goesOn ? this.#judgedMs! + stepMs : rebuiltFromMs, goesOn }
  }

  async #judgeUpTo(toMs: number, round: Asked): Promise<void> {
    const stepMs = this.#intervalMs
    const { startMs, goesOn } = this.#start(toMs)
    if (startMs > toMs) return
    const before: Alerts = goesOn ? this.#alerts : new Map()
    const alerts = await judgeTimes(
      { rule: this.#rule, key: this.#key, before },
      { startMs, endMs: toMs, stepMs },
      round,
    )
    this.#alerts = goesOn ? alerts : inherited(alerts, this.#alerts, startMs)
    this.#judgedMs = toMs
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
