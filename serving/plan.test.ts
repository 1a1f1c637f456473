import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TIER_MS, TIERS, type Tier } from '../schemas/time.js'
import { type PlanRequest, planQuery, printPlan } from './plan.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const LOOKBACK = 5 * MINUTE
/** A day's start, so that every tier's grid is easy to see. */
const T0 = Date.parse('2026-03-01T00:00:00Z')

const matchers = [{ name: '__name__', op: '=', value: 'm' }] as const
const held = (from: Partial<Record<Tier, number>> = {}) =>
  Object.fromEntries(TIERS.map((tier) => [tier, from[tier]])) as Record<Tier, number | undefined>

/** A plan for evaluation times from..to (minutes after T0), as `view tier start-end` in minutes after T0. */
function planned(
  from: number,
  to: number,
  stepMs: number,
  change: Partial<PlanRequest> & { frontier?: number; live?: number; held?: Partial<Record<Tier, number>> } = {},
) {
  const { frontier = 0, live, held: heldFrom, ...rest } = change
  const plan = planQuery({
    matchers,
    range: { startMs: T0 + from * MINUTE - (rest.lookbackMs ?? LOOKBACK), endMs: T0 + to * MINUTE },
    stepMs,
    lookbackMs: LOOKBACK,
    coarse: { unfit: 0 },
    snapshot: { epoch: 7, frontierMs: T0 + frontier * MINUTE, blockMs: 10 * MINUTE, heldFromMs: held(heldFrom) },
    liveCoveredFromMs: live === undefined ? undefined : T0 + live * MINUTE,
    ...rest,
  })
  const minutes = (ms: number) => Number(((ms - T0) / MINUTE).toFixed(3))
  const parts = plan.parts.map(
    ({ view, tier, startMs, endMs }) => `${view} ${tier} ${minutes(startMs)}-${minutes(endMs)}`,
  )
  return { plan, parts }
}

describe('each window is read from one view', () => {
  test('before the tide line from batch, after it from the hot store, and from the live view where that reaches', () => {
    const { parts } = planned(60, 90, 15_000, { frontier: 70, live: 80 })
    expect(parts).toEqual(['batch 10s 50-70', 'hot 10s 70-80', 'live 10s 80-90'])
  })
  test('all from speed while nothing is sealed', () => {
    expect(planned(60, 90, 15_000, { frontier: -1000, live: 50 }).parts).toEqual(['live 10s 55-90'])
  })
  test('from the hot store alone while the live view covers nothing', () => {
    expect(planned(60, 90, 15_000, { frontier: 70 }).parts).toEqual(['batch 10s 50-70', 'hot 10s 70-90'])
  })
  test('from batch alone where all is sealed', () => {
    expect(planned(60, 90, 15_000, { frontier: 200, live: 190 }).parts).toEqual(['batch 10s 50-90'])
  })
  test('a live view that reaches behind the tide line is still not asked there', () => {
    expect(planned(60, 90, 15_000, { frontier: 80, live: 20 }).parts).toEqual(['batch 10s 50-80', 'live 10s 80-90'])
  })
})

test('a range query begins at a block, so that the next one finds the same sealed part in the cache', () => {
  const first = planned(60, 90, 15_000, { frontier: 70, live: 70 })
  const next = planned(60.25, 90.25, 15_000, { frontier: 70, live: 70 })
  expect([first.parts[0], next.parts[0]]).toEqual(['batch 10s 50-70', 'batch 10s 50-70'])
  expect(planned(60.5, 60.5, 0, { frontier: 70 }).parts).toEqual(['batch 10s 55.5-60.5'])
  expect(planned(60, 90, 15_000, { frontier: 70, held: { '10s': T0 + 52 * MINUTE } }).parts[0]).toBe('batch 10s 52-70')
})

describe('a longer tier is used only where it gives the same answer', () => {
  test('every moment of the query is a multiple of it', () => {
    expect(planned(60, 90, MINUTE, { frontier: 200 }).parts).toEqual(['batch 1m 50-90'])
    expect(planned(60, 90, 5 * MINUTE, { frontier: 200 }).parts).toEqual(['batch 5m 50-90'])
    expect(planned(60, 90, 90_000, { frontier: 200 }).parts).toEqual(['batch 10s 50-90'])
  })
  test('not for a start beside the grid, which is never moved', () => {
    expect(planned(60.5, 90.5, MINUTE, { frontier: 200 }).parts).toEqual(['batch 10s 50-90.5'])
  })
  test('however long the lookback is: the newest point keeps its own time in every tier', () => {
    expect(planned(60, 600, HOUR, { frontier: 1000 }).parts).toEqual(['batch 1h 0-600'])
    expect(planned(60, 600, HOUR, { frontier: 1000, lookbackMs: 7 * MINUTE }).parts).toEqual(['batch 1h 0-600'])
  })
  test('one moment on the grid, but not one beside it', () => {
    expect(planned(65, 65, 0, { frontier: 200 }).parts).toEqual(['batch 5m 60-65'])
    expect(planned(60.01, 60.01, 0, { frontier: 200 }).parts).toEqual(['batch 10s 55-60.167'])
  })
  test('for a range that is a run of whole windows, but not for one that is not', () => {
    const range = { startMs: T0 + 55 * MINUTE, endMs: T0 + 60 * MINUTE }
    const ranged = { frontier: 200, range, lookbackMs: undefined }
    expect(planned(60, 60, 0, { ...ranged, rangeMs: 5 * MINUTE }).parts).toEqual(['batch 5m 55-60'])
    expect(planned(60, 60, 2 * MINUTE, { ...ranged, rangeMs: 5 * MINUTE }).parts).toEqual(['batch 1m 50-60'])
    expect(planned(60, 60, 0, { ...ranged, rangeMs: 5 * MINUTE, coarse: undefined }).parts).toEqual(['batch 10s 55-60'])
    expect(planned(60, 60, 0, ranged).parts).toEqual(['batch 10s 55-60'])
  })
  test('windows with a value that is not finite are read finer, as far back as finer ones are held', () => {
    const range = { startMs: T0, endMs: T0 + 600 * MINUTE }
    const ranged = { frontier: 1000, range, lookbackMs: undefined, rangeMs: HOUR, coarse: { unfit: 4 } }
    const unfit = (heldMinutes?: number) => {
      const held = heldMinutes === undefined ? undefined : { '10s': T0 + heldMinutes * MINUTE }
      const { plan } = planned(60, 600, HOUR, { ...ranged, held })
      return plan.parts.map((part) => part.unfit && [part.unfit.flags, (part.unfit.fromMs - T0) / MINUTE])
    }
    expect(unfit()).toEqual([[4, Number.NEGATIVE_INFINITY]])
    expect(unfit(130)).toEqual([[4, 180]])
    expect(unfit(5000)).toEqual([[4, 600]])
  })
  test('not for a value of each window, such as its p99', () => {
    expect(planned(60, 90, MINUTE, { frontier: 200, coarse: undefined }).parts).toEqual(['batch 10s 50-90'])
  })
  test('up to where its last window is complete, finer ones after it', () => {
    expect(planned(60, 600, HOUR, { frontier: 430, live: 420, lookbackMs: HOUR }).parts).toEqual([
      'batch 1h 0-420',
      'batch 5m 420-430',
      'live 10s 430-600',
    ])
  })
})

describe('where retention leaves only longer windows', () => {
  test('the finest that is held is used, with a warning', () => {
    const { parts, plan } = planned(60, 300, 15_000, {
      frontier: 1000,
      held: { '10s': T0 + 130.5 * MINUTE, '1m': T0 + 100 * MINUTE },
    })
    expect(parts).toEqual(['batch 5m 50-100', 'batch 1m 100-131', 'batch 10s 131-300'])
    expect(plan.parts.map(({ warning }) => warning?.slice(0, 54))).toEqual([
      'before 2026-03-01T01:40:00.000Z only windows of 5m are',
      'before 2026-03-01T02:11:00.000Z only windows of 1m are',
      undefined,
    ])
  })
  test('no warning where the query would use that tier anyway', () => {
    const { parts, plan } = planned(60, 300, MINUTE, { frontier: 1000, held: { '10s': T0 + 130 * MINUTE } })
    expect(parts).toEqual(['batch 1m 50-300'])
    expect(plan.parts[0].warning).toBeUndefined()
  })
  test('what no tier holds is named', () => {
    const all = Object.fromEntries(TIERS.map((tier) => [tier, T0 + 80 * MINUTE]))
    const { parts, plan } = planned(60, 90, 15_000, { frontier: 1000, held: all })
    expect(parts).toEqual(['batch 10s 80-90'])
    expect(plan.warnings).toEqual(['retention holds nothing before 2026-03-01T01:20:00.000Z'])
  })
})

test('a plan is printed for people', () => {
  expect(printPlan(planned(60, 90, MINUTE, { frontier: 70, live: 80 }).plan)).toBe(
    [
      'epoch 7, tide line 2026-03-01T01:10:00.000Z',
      'batch 1m  2026-03-01T00:50:00.000Z .. 2026-03-01T01:10:00.000Z (20m): start and step are multiples of 1m: the answer is the same as from 10s',
      'hot   10s 2026-03-01T01:10:00.000Z .. 2026-03-01T01:20:00.000Z (10m): not sealed yet, older than the live view',
      'live  10s 2026-03-01T01:20:00.000Z .. 2026-03-01T01:30:00.000Z (10m): not sealed yet, within the live view',
    ].join('\n'),
  )
})

test('parts lie end to end on their grids and cover what is asked and held', () => {
  const tens = fc.integer({ min: 0, max: 3000 }).map((n) => T0 + n * 10_000)
  const anyRequest = fc.record({
    startMs: fc.integer({ min: 0, max: 30_000_000 }).map((ms) => T0 + ms),
    lengthMs: fc.integer({ min: 0, max: 10_000_000 }),
    isGrid: fc.boolean(),
    stepMs: fc.constantFrom(0, 7000, 10_000, MINUTE, 5 * MINUTE, HOUR),
    lookbackMs: fc.constantFrom(undefined, LOOKBACK, HOUR),
    coarse: fc.option(fc.record({ unfit: fc.constantFrom(0, 4) }), { nil: undefined }),
    rangeMs: fc.constantFrom(undefined, 7 * MINUTE, HOUR),
    frontierMs: tens,
    coveredFromMs: fc.option(tens, { nil: undefined }),
    heldFromMs: fc.record(
      Object.fromEntries(TIERS.slice(0, 4).map((tier) => [tier, fc.option(tens, { nil: undefined })])),
    ),
  })
  fc.assert(
    fc.property(anyRequest, (drawn) => {
      const startMs = drawn.isGrid ? Math.floor(drawn.startMs / HOUR) * HOUR : drawn.startMs
      const range = {
        startMs,
        endMs: startMs + (drawn.isGrid ? Math.floor(drawn.lengthMs / HOUR) * HOUR : drawn.lengthMs),
      }
      const snapshot = { epoch: 1, frontierMs: drawn.frontierMs, blockMs: 10_000, heldFromMs: held(drawn.heldFromMs) }
      const plan = planQuery({ ...drawn, matchers, range, snapshot, liveCoveredFromMs: drawn.coveredFromMs })
      for (const [i, part] of plan.parts.entries()) {
        expect(part.startMs).toBeLessThan(part.endMs)
        expect(part.startMs % TIER_MS[part.tier]).toBe(0)
        expect(part.endMs % TIER_MS[part.tier]).toBe(0)
        if (part.view === 'batch') expect(part.endMs).toBeLessThanOrEqual(snapshot.frontierMs)
        else expect(part.startMs).toBeGreaterThanOrEqual(snapshot.frontierMs)
        if (i > 0 && plan.warnings.length === 0) expect(part.startMs).toBe(plan.parts[i - 1].endMs)
        else if (i > 0) expect(part.startMs).toBeGreaterThanOrEqual(plan.parts[i - 1].endMs)
      }
      if (plan.warnings.length === 0) {
        expect(plan.parts[0]?.startMs ?? range.startMs).toBeLessThanOrEqual(range.startMs)
        expect(plan.parts.at(-1)?.endMs ?? range.startMs).toBeGreaterThanOrEqual(range.endMs)
      }
    }),
    { numRuns: 500 },
  )
})
