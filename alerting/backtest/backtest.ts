import type { Expr } from '../../promql/ast.js'
import type { QueryTimes } from '../../promql/engine.js'
import { TidemarkError } from '../../schemas/errors.js'
import type { TimeRange } from '../../schemas/time.js'
import { alertRules, type EvaluateOptions, ruleKey } from '../evaluate.js'
import type { Alerts } from '../judge.js'
import { Round } from '../round.js'
import type { RuleGroup } from '../rule-file.js'
import { judgeTimes, memorySteps } from '../rule-run.js'
import { type BacktestIncident, IncidentRecorder, type Worse } from './incidents.js'
import { type BacktestSummary, summarize } from './summary.js'

/** Steps that are asked for at a time, so that a long range needs no more memory than a short one. */
const CHUNK_STEPS = 720
/** Incidents that are told one by one. */
const MOST_INCIDENTS = 10_000

/** What a backtest tells as it goes. */
export type BacktestEvent =
  | { type: 'progress'; done: number; total: number }
  | { type: 'incident'; incident: BacktestIncident }
  | { type: 'warning'; warning: string }
  | { type: 'summary'; summary: BacktestSummary }

/**
 * Judges the first rule of a group over what is recorded, as it would have been judged live: the same times, the same
 * evaluator. What fired in (startMs, endMs] is told in the order in which it ended, then what still fires at the end.
 * @throws as the engine and the source do, and TM_BACKTEST if it fires far too often
 */
export async function* backtest(
  group: RuleGroup,
  { startMs, endMs }: TimeRange,
  options: Pick<EvaluateOptions, 'open' | 'limits'>,
  chunkSteps = CHUNK_STEPS,
): AsyncGenerator<BacktestEvent> {
  const [rule] = alertRules(group)
  const stepMs = group.intervalMs
  const firstMs = Math.floor(startMs / stepMs) * stepMs + stepMs
  const recorder = new IncidentRecorder(worseOf(rule.expr))
  const told: BacktestIncident[] = []
  const warnings = new Set<string>()
  let alerts: Alerts = new Map()
  let fromMs = firstMs - memorySteps(rule, stepMs) * stepMs
  const total = Math.max(0, Math.floor((endMs - fromMs) / stepMs) + 1)
  for (let steps = chunkSteps, done = 0; fromMs <= endMs; ) {
    const times = {
      startMs: fromMs,
      endMs: Math.min(fromMs + (steps - 1) * stepMs, lastOf(fromMs, endMs, stepMs)),
      stepMs,
    }
    const chunk = await judgeChunk(group, alerts, times, options, (now, timeMs) => {
      if (timeMs >= firstMs) recorder.step(now, timeMs)
    })
    if (chunk === 'too much') {
      steps = Math.ceil(steps / 2)
      continue
    }
    alerts = chunk.alerts
    for (const warning of chunk.warnings) if (!warnings.has(warning)) yield { type: 'warning', warning }
    for (const warning of chunk.warnings) warnings.add(warning)
    for (const incident of recorder.takeClosed()) {
      told.push(incident)
      if (told.length > MOST_INCIDENTS)
        throw new TidemarkError('TM_BACKTEST', { rule: rule.alert, limit: MOST_INCIDENTS })
      yield { type: 'incident', incident }
    }
    done += (times.endMs - times.startMs) / stepMs + 1
    fromMs = times.endMs + stepMs
    yield { type: 'progress', done, total }
  }
  for (const incident of recorder.open()) {
    told.push(incident)
    yield { type: 'incident', incident }
  }
  yield { type: 'summary', summary: summarize(told, endMs) }
}

/** Judges a part of the range. A part that reads too much at once is to be made smaller, down to one step. */
async function judgeChunk(
  group: RuleGroup,
  before: Alerts,
  times: QueryTimes,
  options: Pick<EvaluateOptions, 'open' | 'limits'>,
  onStep: (alerts: Alerts, timeMs: number) => void,
): Promise<{ alerts: Alerts; warnings: readonly string[] } | 'too much'> {
  const source = await options.open()
  const [rule] = alertRules(group)
  const round = new Round({ open: async () => source, limits: options.limits })
  try {
    const alerts = await judgeTimes({ rule, key: ruleKey(group, 0), group }, before, times, round, options, onStep)
    return { alerts, warnings: [...(source.warnings ?? [])] }
  } catch (thrown) {
    const isTooMuch = thrown instanceof TidemarkError && ['TM_QUERY_SAMPLES', 'TM_QUERY_RESULT'].includes(thrown.code)
    if (!isTooMuch || times.startMs === times.endMs) throw thrown
    return 'too much'
  }
}

function lastOf(fromMs: number, endMs: number, stepMs: number): number {
  return fromMs + Math.floor((endMs - fromMs) / stepMs) * stepMs
}

/** Values below a limit are worse the lower they are, all others the higher. */
function worseOf(expr: Expr): Worse {
  let at = expr
  while (at.type === 'paren' || (at.type === 'binary' && ['and', 'or', 'unless'].includes(at.op))) {
    at = at.type === 'paren' ? at.expr : at.left
  }
  const isLower = at.type === 'binary' && (at.op === '<' || at.op === '<=')
  return isLower ? (value, than) => value < than : (value, than) => value > than
}
