import type { TimeRange } from '../../schemas/time.js'
import type { PlanPart } from '../plan.js'
import type { PartRead } from '../read.js'
import type { KeptMetric } from './kept-metric.js'
import type { WholeSelection } from './kept-windows.js'
import { WindowIntake } from './window-intake.js'

/** Metrics that lack the same windows. */
interface Lack {
  stretches: TimeRange[]
  metrics: Map<string, KeptMetric>
}

/**
 * Reads what is not kept of the windows of a part, and keeps it; metrics that lack the same are read together.
 * @returns what answers for the part now, as one reading of it all would say
 */
export async function readLacking(
  part: PlanPart,
  metrics: ReadonlyMap<string, KeptMetric>,
  { range, versions, reading, read }: WholeSelection,
): Promise<PartRead> {
  const wanted = { startMs: Math.max(part.startMs, range.startMs), endMs: Math.min(part.endMs, range.endMs) }
  const lacks = lacksOf(metrics, wanted, versions)
  const whole: PartRead = { rows: [], coverage: keptCoverage(part, wanted, lacks) }
  for (const { stretches, metrics: lacking } of lacks) {
    for (const stretch of stretches) {
      const intake = new WindowIntake(reading, lacking)
      const found = await read([...lacking.keys()], { ...part, ...stretch }, intake)
      if (found.coverage.length > 0) intake.putInto(stretch, (startMs) => versionIn(found, part, startMs, versions))
      whole.coverage.push(...found.coverage)
      whole.failure ??= found.failure
      whole.warning ??= found.warning
      whole.thrown ??= found.thrown
    }
  }
  return whole
}

function lacksOf(
  metrics: ReadonlyMap<string, KeptMetric>,
  wanted: TimeRange,
  versions: ReadonlyMap<number, string>,
): Lack[] {
  const lacks = new Map<string, Lack>()
  for (const [name, metric] of metrics) {
    const stretches = metric.lacking(wanted, versions)
    const key = JSON.stringify(stretches)
    const lack = lacks.get(key) ?? { stretches, metrics: new Map() }
    lacks.set(key, lack)
    lack.metrics.set(name, metric)
  }
  return [...lacks.values()]
}

/** What is kept was read of the view that the part is read of: up to the last window that some metric does not lack. */
function keptCoverage({ view, tier }: PlanPart, { startMs, endMs }: TimeRange, lacks: readonly Lack[]) {
  const keptMs = lacks.map(({ stretches }) => {
    const last = stretches.at(-1)
    return last?.endMs === endMs ? last.startMs : endMs
  })
  const throughMs = Math.max(startMs, ...keptMs)
  return throughMs > startMs ? [{ view, tier, startMs, endMs: throughMs }] : []
}

/** The name of a window, unless another view stood in for its own. */
function versionIn(
  { coverage }: PartRead,
  part: PlanPart,
  atMs: number,
  versions: ReadonlyMap<number, string>,
): string | undefined {
  const from = coverage.find(({ startMs, endMs }) => startMs <= atMs && atMs < endMs)
  return from?.view === part.view ? versions.get(atMs) : undefined
}
