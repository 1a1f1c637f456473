import { evaluateQuery, type QueryTimes, type Value } from '../promql/engine.js'
import { QueriesTogether } from '../promql/together.js'
import { TidemarkError } from '../schemas/errors.js'
import { type GivenByTime, givenAtOnce, givenByTime } from './ask.js'
import type { EvaluateOptions, GroupEvaluator, RuleSource } from './evaluate.js'
import { RoundSource } from './round-source.js'
import type { AlertRule } from './rule-file.js'
import type { Asked } from './rule-run.js'

/**
 * One judgement of many rules: what they have in common is read and computed once for each of its times. To be planned
 * first, then asked, and let go.
 */
export class Round implements Asked {
  readonly #options: Pick<EvaluateOptions, 'open' | 'limits'>
  readonly #planned = new Map<string, { times: QueryTimes; rules: AlertRule[] }>()
  readonly #shared = new Map<string, Promise<QueriesTogether>>()

  constructor(options: Pick<EvaluateOptions, 'open' | 'limits'>) {
    this.#options = options
  }

  /** Announces that a group will be judged up to a time. */
  plan(group: Pick<GroupEvaluator, 'expected'>, toMs: number): void {
    for (const { rule, times } of group.expected(toMs)) {
      const key = keyOf(times)
      const planned = this.#planned.get(key)
      if (planned) planned.rules.push(rule)
      else this.#planned.set(key, { times, rules: [rule] })
    }
  }

  /** What the rule's expression gives at each of these times. @throws as the engine and the source do */
  async ask(rule: AlertRule, times: QueryTimes): Promise<GivenByTime> {
    const queries = await this.#sharedFor(times)
    try {
      return given((await queries.evaluate(rule.expr, rule.text)).value, times)
    } catch (thrown) {
      if (!(thrown instanceof TidemarkError) || thrown.code !== 'TM_QUERY_SAMPLES') throw thrown
      return this.#alone(rule, times)
    }
  }

  /** A rule that is too much together with the others may not be by itself. */
  async #alone({ expr, text }: AlertRule, times: QueryTimes): Promise<GivenByTime> {
    const { open, limits } = this.#options
    const asked = questionTimes(times)
    const { value } = await evaluateQuery(expr, text, asked, new RoundSource(await open(), [], asked), { limits })
    return given(value, times)
  }

  #sharedFor(times: QueryTimes): Promise<QueriesTogether> {
    const key = keyOf(times)
    let shared = this.#shared.get(key)
    if (!shared) {
      shared = this.#options.open().then((source) => this.#together(key, times, source))
      this.#shared.set(key, shared)
    }
    return shared
  }

  #together(key: string, times: QueryTimes, source: RuleSource): QueriesTogether {
    const rules = this.#planned.get(key)?.rules ?? []
    const exprs = rules.map(({ expr }) => expr)
    const asked = questionTimes(times)
    const shared = new RoundSource(source, exprs, asked)
    const queries = new QueriesTogether(asked, shared, { limits: this.#options.limits })
    for (const expr of exprs) queries.plan(expr)
    return queries
  }
}

/** One time is asked for as an instant. */
function questionTimes({ startMs, endMs, stepMs }: QueryTimes): QueryTimes {
  return { startMs, endMs, stepMs: startMs === endMs ? 0 : stepMs }
}

function given(value: Value, { startMs, endMs }: QueryTimes): GivenByTime {
  return startMs === endMs ? new Map([[startMs, givenAtOnce(value)]]) : givenByTime(value)
}

function keyOf({ startMs, endMs, stepMs }: QueryTimes): string {
  return `${startMs} ${endMs} ${stepMs}`
}
