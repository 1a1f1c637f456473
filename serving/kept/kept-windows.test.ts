import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Kind } from '../../schemas/points.js'
import type { SelectHints, WindowedSeries } from '../../schemas/ports/series-source.js'
import { oneOf } from '../../schemas/series/matcher.js'
import { Series } from '../../schemas/series/series.js'
import { alignDown, type TimeRange, WINDOW_MS, windowStart } from '../../schemas/time.js'
import { readingOf } from '../reading.js'
import { createSeriesSource } from '../source.js'
import { fakeViews, type TestPoint } from '../testing/fake-views.js'
import { KeptWindows } from './kept-windows.js'
import { readsNewest } from './whole-metrics.js'

const MINUTE = 60_000
const BLOCK_MS = 10 * MINUTE
const T0 = Date.parse('2026-03-01T00:00:00Z')
/** Windows that end so long before now are closed for good. */
const CLOSED_AFTER_MS = 30_000
const NAMES = ['cpu', 'requests']
const SERIES = NAMES.flatMap((name) =>
  ['a', 'b', 'c'].map((host) => Series.of(name, { host }, name === 'cpu' ? Kind.Sample : Kind.EventCounter)),
)
/** A reading with the labels of an occurrence. */
const CLASH = Series.of('requests', { host: 'a' }, Kind.Sample)

/** What the views hold, and what has become of it: the same store, seen at one time after the other. */
class World {
  nowMs = T0 + 20 * MINUTE
  frontierMs = T0 + 10 * MINUTE
  coveredFromMs: number | undefined = T0 + 12 * MINUTE
  generation = 1
  readonly points: TestPoint[] = []
  readonly puts = new Map<number, number>()
  /** Windows that were read of the live view, by how many were read at once. */
  readonly liveReads: TimeRange[] = []
  #puts = 0

  constructor() {
    for (let startMs = T0; startMs < this.nowMs; startMs += WINDOW_MS) this.fill(startMs, SERIES)
  }

  /** Puts a point of each series into a window. */
  fill(startMs: number, series: readonly Series[], offMs = 5000): void {
    for (const one of series) this.points.push({ series: one, timeMs: startMs + offMs, value: this.points.length % 97 })
    this.puts.set(startMs, ++this.#puts)
  }

  /** Leaves nothing of a window but the points of some series. */
  empty(startMs: number, kept: readonly Series[]): void {
    const isGone = ({ series, timeMs }: TestPoint) =>
      windowStart(timeMs, WINDOW_MS) === startMs && !kept.includes(series)
    this.points.splice(0, this.points.length, ...this.points.filter((point) => !isGone(point)))
    this.puts.set(startMs, ++this.#puts)
  }

  /** The newest window that began so many windows ago, if it may still become another one in the speed views. */
  changeable(windowsAgo: number): number | undefined {
    const startMs = alignDown(this.nowMs, WINDOW_MS) - (windowsAgo + 1) * WINDOW_MS
    const liveFromMs = Math.max(this.frontierMs, this.coveredFromMs ?? this.nowMs - CLOSED_AFTER_MS)
    return startMs >= liveFromMs ? startMs : undefined
  }

  open(kept?: KeptWindows) {
    const { points, frontierMs, coveredFromMs, nowMs, puts } = this
    const closedThroughMs = nowMs - CLOSED_AFTER_MS
    const views = fakeViews({
      points,
      frontierMs,
      coveredFromMs,
      nowMs,
      puts,
      closedThroughMs,
      completeThroughMs: nowMs,
    })
    views.generation.value = this.generation
    const { read } = views.live
    views.live.read = (selection) => {
      this.liveReads.push({ startMs: selection.startMs, endMs: selection.endMs })
      return read(selection)
    }
    return createSeriesSource(views).open({ kept })
  }
}

/** What happens to the views. */
const HAPPENINGS: Record<string, (world: World, n: number) => void> = {
  'a window comes': (world, n) => {
    world.fill(world.nowMs, n % 3 === 0 ? SERIES.slice(n % 5) : SERIES)
    world.nowMs += WINDOW_MS
  },
  'a minute passes without a look': (world) => {
    for (let i = 0; i < 6; i++) HAPPENINGS['a window comes'](world, 1)
  },
  'new series': (world, n) => {
    const host = `new-${n}`
    world.fill(world.nowMs, [...SERIES, Series.of('cpu', { host }, Kind.Sample)])
    world.nowMs += WINDOW_MS
  },
  'most series vanish': (world, n) => {
    for (let i = 0; i < n; i++) {
      world.fill(world.nowMs, [SERIES[n % SERIES.length]])
      world.nowMs += WINDOW_MS
    }
  },
  'an occurrence is named as a reading': (world) => {
    world.fill(world.nowMs, [CLASH])
    world.nowMs += WINDOW_MS
  },
  'a marker of staleness': (world, n) => {
    const series = SERIES[n % 3]
    world.fill(world.nowMs, [])
    world.points.push({ series, timeMs: world.nowMs + 7000, value: Number.NaN, stale: true })
    world.nowMs += WINDOW_MS
  },
  'more points for a window that is there': (world, n) => {
    const startMs = world.changeable(n)
    if (startMs !== undefined) world.fill(startMs, SERIES.slice(n % 3), 7000 + world.generation + (n % 9))
  },
  'points of a window are gone': (world, n) => {
    const startMs = world.changeable(n)
    if (startMs !== undefined) world.empty(startMs, SERIES.slice(n % SERIES.length))
  },
  'a block is sealed, late points in it': (world, n) => {
    const endMs = world.frontierMs + BLOCK_MS
    if (endMs > world.nowMs) return
    world.fill(endMs - (1 + n) * WINDOW_MS, SERIES.slice(n % 4), 9000)
    world.frontierMs = endMs
    world.generation++
  },
  'a block is computed again': (world, n) => {
    world.fill(world.frontierMs - (1 + n) * WINDOW_MS, SERIES.slice(n % 4), 9500)
    world.generation++
  },
  'the live view is trimmed': (world) => {
    if (world.coveredFromMs !== undefined) world.coveredFromMs += 3 * MINUTE
    if (world.coveredFromMs !== undefined && world.coveredFromMs > world.nowMs) world.coveredFromMs = world.nowMs
  },
  'the live view is lost': (world) => {
    world.coveredFromMs = undefined
  },
  'the live view is fed again': (world) => {
    world.coveredFromMs ??= alignDown(world.nowMs, WINDOW_MS) - CLOSED_AFTER_MS
  },
}

/** Ways of reading up to a time. */
const SELECTIONS: Record<string, (atMs: number) => Ask> = {
  instant: (atMs) => ({
    range: { startMs: atMs - 5 * MINUTE, endMs: atMs },
    hints: { lookbackMs: 5 * MINUTE, stepMs: 0 },
  }),
  'instant, 5 minutes before': (atMs) => SELECTIONS.instant(atMs - 5 * MINUTE),
  'instants of two minutes': (atMs) => ({
    range: { startMs: atMs - 7 * MINUTE, endMs: atMs },
    hints: { lookbackMs: 5 * MINUTE, stepMs: WINDOW_MS },
  }),
  rate: (atMs) => ({
    range: { startMs: atMs - 5 * MINUTE, endMs: atMs },
    hints: { rangeMs: 5 * MINUTE, func: 'rate', stepMs: 0 },
  }),
  'quantile over a minute': (atMs) => ({
    range: { startMs: atMs - MINUTE, endMs: atMs },
    hints: { rangeMs: MINUTE, func: 'quantile_over_time', stepMs: 0 },
  }),
  irate: (atMs) => ({
    range: { startMs: atMs - MINUTE, endMs: atMs },
    hints: { rangeMs: MINUTE, func: 'irate', stepMs: 0 },
  }),
}

interface Ask {
  range: TimeRange
  hints: SelectHints
}

/** Rows as they count, and the columns that were asked for. Windows of one point each are the same as points. */
function shown({ labels, timeMs, value, stale, windows }: WindowedSeries, { range, hints }: Ask) {
  const points = [...timeMs].map((at, i) => `${at - T0} ${stale[i] === 1 ? 'stale' : value[i]}`)
  const isPoints = windows?.kind !== 'event' && (windows?.firstMs ?? timeMs).every((firstMs, i) => firstMs >= timeMs[i])
  if (isPoints) return { labels, points }
  const columns = readingOf('bare', range, hints).columns.map((name) => [name, windows?.[name]])
  return { labels, points, columns, kind: windows?.kind, sketches: windows?.sketch?.map((one) => one?.count) }
}

function newestOf(one: WindowedSeries): WindowedSeries {
  const { labels, timeMs, value, stale } = one
  return { labels, timeMs: timeMs.slice(-1), value: value.slice(-1), stale: stale.slice(-1) }
}

async function anew(world: World, ask: Ask) {
  const { range, hints } = ask
  const query = await world.open()
  const found: WindowedSeries[] = []
  // A step of a window's length keeps longer windows out, which say the same in fewer rows.
  for await (const one of query.select([oneOf('__name__', NAMES)], range, { ...hints, stepMs: WINDOW_MS })) {
    found.push(readsNewest(range, hints) ? newestOf(one) : one)
  }
  return { series: found.map((one) => shown(one, ask)), reasons: [...query.partialReasons] }
}

async function fromKept(world: World, kept: KeptWindows, ask: Ask) {
  const query = await world.open(kept)
  const byName = await query.wholeMetrics(NAMES, ask.range, ask.hints)
  if (byName.size < NAMES.length) return undefined
  const series = [...byName.values()].flat().map((one) => shown(one, ask))
  return { series, reasons: [...query.partialReasons] }
}

const anyHappenings = fc.array(fc.tuple(fc.constantFrom(...Object.keys(HAPPENINGS)), fc.nat({ max: 8 })), {
  maxLength: 25,
})

describe('windows that are kept', () => {
  test.each([
    ['all of them', undefined],
    ['as many as there is room for', 60_000],
  ])('say what reading anew says, whatever happens between two looks: %s', async (_, limitBytes) => {
    let answers = 0
    await fc.assert(
      fc.asyncProperty(anyHappenings, async (happenings) => {
        const world = new World()
        const kept = new KeptWindows(limitBytes)
        for (const [happening, n] of happenings) {
          HAPPENINGS[happening](world, n)
          for (const [name, selectionAt] of Object.entries(SELECTIONS)) {
            const selection = selectionAt(world.nowMs)
            const answer = await fromKept(world, kept, selection)
            if (!answer) continue
            answers++
            expect(answer, `${name} after ${happening}`).toEqual(await anew(world, selection))
          }
          if (limitBytes !== undefined) expect(kept.bytes).toBeLessThanOrEqual(limitBytes)
        }
      }),
      { numRuns: 15 },
    )
    expect(answers).toBeGreaterThan(0)
  })

  test('say what reading anew says while series live for one window only', async () => {
    const world = new World()
    const kept = new KeptWindows()
    const sizes: number[] = []
    for (let minute = 0; minute < 30; minute++) {
      const hosts = Array.from({ length: 40 }, (_, i) => `pod-${minute}-${i}`)
      world.fill(world.nowMs, [...SERIES, ...hosts.map((host) => Series.of('cpu', { host }, Kind.Sample))])
      world.nowMs += WINDOW_MS
      HAPPENINGS['a minute passes without a look'](world, 1)
      for (const name of ['instant', 'instant, 5 minutes before', 'rate']) {
        const selection = SELECTIONS[name](world.nowMs)
        expect(await fromKept(world, kept, selection)).toEqual(await anew(world, selection))
      }
      sizes.push(kept.bytes)
    }
    expect(Math.max(...sizes.slice(15))).toBeLessThan(1.5 * Math.max(...sizes.slice(0, 15)))
  })

  test('are read once: the next look reads the window that is new', async () => {
    const world = new World()
    const kept = new KeptWindows()
    await fromKept(world, kept, SELECTIONS.rate(world.nowMs))
    world.liveReads.length = 0
    HAPPENINGS['a window comes'](world, 1)
    await fromKept(world, kept, SELECTIONS.rate(world.nowMs))
    expect(world.liveReads).toEqual([{ startMs: world.nowMs - WINDOW_MS, endMs: world.nowMs }])
  })

  test('are read again where they have become others, and only there', async () => {
    const world = new World()
    const kept = new KeptWindows()
    await fromKept(world, kept, SELECTIONS.rate(world.nowMs))
    world.liveReads.length = 0
    const startMs = world.nowMs - 4 * WINDOW_MS
    world.fill(startMs, SERIES, 8000)
    await fromKept(world, kept, SELECTIONS.rate(world.nowMs))
    expect(world.liveReads).toEqual([{ startMs, endMs: startMs + WINDOW_MS }])
  })

  test('go once nobody has looked at them for a while', async () => {
    const world = new World()
    const kept = new KeptWindows()
    await fromKept(world, kept, SELECTIONS.rate(world.nowMs))
    const bytes = kept.bytes
    await fromKept(world, kept, SELECTIONS.irate(world.nowMs + 20 * MINUTE))
    expect(kept.bytes).toBeLessThan(bytes)
  })

  test('are of no use where times do not lie on their grid, and for parts of windows', async () => {
    const world = new World()
    const query = await world.open(new KeptWindows())
    const { range, hints } = SELECTIONS.rate(world.nowMs)
    const between = { startMs: range.startMs + 5000, endMs: range.endMs + 5000 }
    expect([...(await query.wholeMetrics(NAMES, between, hints)).keys()]).toEqual([])
    expect([...(await query.wholeMetrics(['cpu:max', 'cpu'], range, hints)).keys()]).toEqual(['cpu'])
  })
})
