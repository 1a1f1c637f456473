import type { BacktestIncident } from '../backtest/incidents.js'

/** What corrected data say of an incident. */
export interface Verdict {
  /**
   * - `would have fired`: with all of the data it fires, it did not before
   * - `fired falsely`: it fired, and with all of the data it does not
   * - `fired otherwise`: at other times
   */
  verdict: 'would have fired' | 'fired falsely' | 'fired otherwise'
  labels: Readonly<Record<string, string>>
  before?: BacktestIncident
  after?: BacktestIncident
}

/**
 * Compares the incidents of a rule before its data were corrected with those afterwards. Incidents of the same labels
 * that overlap are the same one; those that have not changed are no verdict.
 * @param endMs of the stretch, where those that still fire are cut
 */
export function compareIncidents(
  before: readonly BacktestIncident[],
  after: readonly BacktestIncident[],
  endMs: number,
): Verdict[] {
  const unmatched = new Set(after)
  const verdicts: Verdict[] = []
  for (const one of before) {
    const same = [...unmatched].find((other) => areSame(one, other, endMs))
    if (!same) verdicts.push({ verdict: 'fired falsely', labels: one.labels, before: one })
    else {
      unmatched.delete(same)
      if (same.startMs === one.startMs && same.endMs === one.endMs) continue
      verdicts.push({ verdict: 'fired otherwise', labels: one.labels, before: one, after: same })
    }
  }
  for (const one of unmatched) verdicts.push({ verdict: 'would have fired', labels: one.labels, after: one })
  return verdicts
}

function areSame(one: BacktestIncident, other: BacktestIncident, endMs: number): boolean {
  const overlap = one.startMs < (other.endMs ?? endMs) && other.startMs < (one.endMs ?? endMs)
  return overlap && labelsKey(one) === labelsKey(other)
}

function labelsKey({ labels }: BacktestIncident): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
}
