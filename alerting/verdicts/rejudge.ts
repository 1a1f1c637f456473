import type { TimeRange } from '../../schemas/time.js'
import { backtest } from '../backtest/backtest.js'
import type { BacktestIncident } from '../backtest/incidents.js'
import { alertRules, type EvaluateOptions, type RuleSource } from '../evaluate.js'
import type { RuleGroup } from '../rule-file.js'
import { compareIncidents, type Verdict } from './compare.js'
import { reachMs } from './reach.js'

/** A stretch of time whose data were corrected. */
export interface Correction extends TimeRange {
  /** The state of the batch view that holds the corrected data. */
  epoch: number
}

/** The longest that a corrected point is followed by rules that read far back, ms. */
const MOST_REACH_MS = 86_400_000

/** What rules are judged again with. */
export interface RejudgeOptions {
  /** The data as they were in this state of the batch view. */
  openAt: (epoch: number) => Promise<RuleSource>
  limits: EvaluateOptions['limits']
}

/**
 * Judges the first rule of a group over a corrected stretch, with the data as they were right before and as they are
 * now, and as far after it as its points count.
 * @param judgedMs up to when it was judged live
 * @throws as the engine and the source do
 */
export async function rejudge(
  group: RuleGroup,
  { startMs, endMs, epoch }: Correction,
  judgedMs: number,
  { openAt, limits }: RejudgeOptions,
): Promise<Verdict[]> {
  const [rule] = alertRules(group)
  const followMs = Math.min(MOST_REACH_MS, reachMs(rule.expr)) + rule.forMs + rule.keepFiringMs
  const range = { startMs, endMs: Math.min(judgedMs, endMs + followMs) }
  if (range.endMs <= range.startMs) return []
  const at = (wanted: number) => incidentsOf(group, range, { open: () => openAt(wanted), limits })
  return compareIncidents(await at(epoch - 1), await at(epoch), range.endMs)
}

async function incidentsOf(
  group: RuleGroup,
  range: TimeRange,
  options: Pick<EvaluateOptions, 'open' | 'limits'>,
): Promise<BacktestIncident[]> {
  const incidents: BacktestIncident[] = []
  for await (const event of backtest(group, range, options))
    if (event.type === 'incident') incidents.push(event.incident)
  return incidents
}
