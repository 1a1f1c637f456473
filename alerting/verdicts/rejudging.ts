import { asTidemarkError, type TidemarkError } from '../../schemas/errors.js'
import { judgeableMs } from '../evaluate.js'
import { asGroup } from '../rule-book/as-group.js'
import type { RuleStore, StoredRule } from '../rule-book/rule-store.js'
import type { Verdict } from './compare.js'
import { type Correction, type RejudgeOptions, rejudge } from './rejudge.js'
import type { VerdictStore } from './verdict-store.js'

/** What judging again works with. */
export interface RejudgingParts extends RejudgeOptions {
  rules: Pick<RuleStore, 'list'>
  verdicts: Pick<VerdictStore, 'nextCorrection' | 'save'>
  /** Points of a time come until so long after it, ms. */
  delayMs: number
  /** Of rules that name no interval. */
  intervalMs: number
  /** Told of rules that cannot be judged again. */
  onError: (error: TidemarkError) => void
}

/**
 * Judges the managed rules again over what the batch layer has corrected, one block at a time.
 * @returns the verdicts by rule id; undefined if nothing was corrected, or another process was faster
 * @throws TM_CATALOG_UNAVAILABLE (retriable)
 */
export async function rejudgeNext(
  parts: RejudgingParts,
  nowMs: number,
): Promise<ReadonlyMap<string, readonly Verdict[]> | undefined> {
  const { rules, verdicts, onError } = parts
  const correction = await verdicts.nextCorrection()
  if (!correction) return undefined
  const found = new Map<string, readonly Verdict[]>()
  for (const stored of await rules.list()) {
    if (!stored.rule.enabled) continue
    try {
      found.set(stored.rule.rule_id, await rejudgeRule(stored, correction, parts, nowMs))
    } catch (thrown) {
      onError(asTidemarkError(thrown))
    }
  }
  return (await verdicts.save(correction, found, nowMs)) ? found : undefined
}

function rejudgeRule({ rule, promql }: StoredRule, correction: Correction, parts: RejudgingParts, nowMs: number) {
  const group = asGroup(rule, promql, parts.intervalMs)
  return rejudge(group, correction, judgeableMs(group, nowMs, parts.delayMs), parts)
}
