import { alignDown, TIER_MS, TIERS, type Tier, type TimeRange } from '../../schemas/time.js'

/** A tier's file covers one span: the shortest aligned stretch that holds whole blocks and whole windows. */
export function spanMs(tier: Tier, blockMs: number): number {
  return (blockMs / greatestDivisor(blockMs, TIER_MS[tier])) * TIER_MS[tier]
}

/** The span of a tier that holds a block. */
function spanOf(tier: Tier, blockMs: number, blockStart: number): TimeRange {
  const length = spanMs(tier, blockMs)
  const startMs = alignDown(blockStart, length)
  return { startMs, endMs: startMs + length }
}

/** What a recompute of one block changes, finest first: the spans that hold it and end at or before the frontier. */
export function touchedSpans(blockStart: number, blockMs: number, frontierMs: number): (TimeRange & { tier: Tier })[] {
  return TIERS.map((tier) => ({ tier, ...spanOf(tier, blockMs, blockStart) })).filter(
    (span) => span.endMs <= frontierMs,
  )
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b)
}
