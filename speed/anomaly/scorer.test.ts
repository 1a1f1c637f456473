import { describe, expect, test } from 'vitest'
import { addSample } from '../../schemas/aggregates/index.js'
import type { AnomalyRule } from '../../schemas/config/anomaly.js'
import { encodeDictionary } from '../../schemas/log/dictionary.js'
import { decodeRecord, encodeRecord } from '../../schemas/log/record.js'
import { Kind } from '../../schemas/points.js'
import type { PatternSource, TrainedPatterns } from '../../schemas/ports/seasonal-patterns.js'
import type { WindowReader } from '../../schemas/ports/window-store.js'
import { seriesPredicate } from '../../schemas/series/matcher.js'
import { rollupName } from '../../schemas/series/rollup.js'
import { Series } from '../../schemas/series/series.js'
import { WINDOW_MS } from '../../schemas/time.js'
import { type WindowBatch, WindowColumns } from '../../schemas/windows/columns.js'
import { holdsScores, Scorer } from './scorer.js'

/** An evening, so that midnights come. */
const T0 = Date.UTC(2026, 0, 1, 18)
const STEP_MS = 300_000
const load = Series.of('load', { host: 'a', metric: 'mine' }, Kind.Sample)
const EWMA: AnomalyRule = { match: { __name__: 'load' }, detector: 'ewma' }
const COMBINED: AnomalyRule = { match: { __name__: 'load' }, detector: 'combined' }

/** A store that holds what was flushed, as the hot store does. */
class History implements WindowReader {
  readonly batches: WindowBatch[] = []

  async *read({ matchers, startMs, endMs }: Parameters<WindowReader['read']>[0]) {
    const fits = seriesPredicate(matchers)
    // In no order, as the port allows.
    for (const { windows } of [...this.batches].reverse()) {
      const found = new WindowColumns()
      for (let row = 0; row < windows.length; row++)
        if (fits(windows.series[row]) && windows.start[row] >= startMs && windows.start[row] < endMs)
          found.pushRow(windows, row)
      if (found.length > 0) yield found
    }
  }

  series = async () => []
}

function scorerOn(
  history: WindowReader,
  rules: AnomalyRule[],
  maxSeries = 10,
  patterns: PatternSource = new Trained(),
) {
  const errors: string[] = []
  const rollups = [{ match: 'load', by: ['zone'], keep_source: true }]
  const options = { rules, maxSeries, rollups, history, patterns }
  return { scorer: new Scorer({ ...options, onError: ({ code }) => void errors.push(code) }), errors }
}

/** A store of trained patterns. */
class Trained implements PatternSource {
  readonly stored: TrainedPatterns[] = []

  async storedAfter(seq: number, seriesIds: readonly bigint[]) {
    const found = this.stored.findIndex(({ seriesId }, i) => i >= seq && seriesIds.includes(seriesId))
    return found < 0 ? { seq, trained: [] } : { seq: found + 1, trained: [this.stored[found]] }
  }

  /** Stores a pattern of two phases a day for `load`, which counts from that window on. */
  store(index: number, ...phases: number[]): void {
    const patterns = [{ periodMs: 86_400_000, phases }]
    this.stored.push({ seriesId: load.id, fromMs: T0 + index * STEP_MS, patterns })
  }
}

/** One window of each of these series, every five minutes. */
function batchOf(index: number, ...sources: Series[]): WindowBatch {
  const startMs = T0 + index * STEP_MS
  const windows = new WindowColumns()
  for (const source of sources) addSample(windows, windows.push(source, startMs), startMs + 5000, reading(index), false)
  return { partition: 3, startMs, closed: true, windows }
}

/** A wave with some noise, the same for the same index. */
function reading(index: number): number {
  return 50 + 20 * Math.sin(index / 45) + ((index * 7919) % 13)
}

async function flush(scorer: Scorer, batch: WindowBatch): Promise<Uint8Array | undefined> {
  await scorer.prepare([batch])
  return scorer.score([batch], batch.startMs)
}

/** Flushes windows from..to into the history and gives what was told: start, series and value. */
async function run(scorer: Scorer, history: History, from: number, to: number): Promise<string[]> {
  const told: string[] = []
  for (let index = from; index < to; index++) {
    const batch = batchOf(index, load)
    await flush(scorer, batch)
    history.batches.push(batch)
    const { windows } = batch
    for (let row = 1; row < windows.length; row++) told.push(`${index} ${windows.series[row]} ${windows.last[row]}`)
  }
  return told
}

describe('scores are series', () => {
  test('of the labels of the series that is judged, and its metric; a label of that name is kept as exported_metric', async () => {
    const { scorer } = scorerOn(new History(), [EWMA])
    const told = await run(scorer, new History(), 0, 40)
    const labels = '{exported_metric="mine",host="a",metric="load"}'
    expect(told.slice(0, 3).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      `30 anomaly_score${labels}`,
      `30 anomaly_lower${labels}`,
      `30 anomaly_upper${labels}`,
    ])
    expect(told).toHaveLength(3 * 10)
  })

  test('the record for the archive holds the very values of the windows, at the end of their window', async () => {
    const { scorer } = scorerOn(new History(), [EWMA])
    for (let index = 0; index < 30; index++) expect(await flush(scorer, batchOf(index, load))).toBeUndefined()
    const batch = batchOf(30, load)
    const record = decodeRecord((await flush(scorer, batch))!)
    expect(record.pointCount).toBe(3)
    for (let i = 0; i < 3; i++) {
      const row = 1 + i
      expect(Series.fromCanonical(record.canonical(record.seriesIndex[i]).slice()).id).toBe(
        batch.windows.series[row].id,
      )
      expect(record.value[i]).toBe(batch.windows.last[row])
      expect(record.baseMs + record.timeDelta[i]).toBe(batch.startMs + WINDOW_MS)
      expect(batch.windows.lastMs[row]).toBe(batch.startMs + WINDOW_MS)
    }
    expect(holdsScores(record)).toBe(true)
  })

  test('a record of anything else is not taken for scores', () => {
    const record = encodeRecord({
      dictionary: encodeDictionary([load]),
      pointCount: 1,
      seriesIndex: Uint32Array.of(0),
      timeMs: Float64Array.of(T0),
      value: Float64Array.of(1),
      receivedMs: T0,
    })
    expect(holdsScores(decodeRecord(record))).toBe(false)
  })

  test('neither scores nor parts of rollups are scored, nor what no rule fits', async () => {
    const { scorer } = scorerOn(new History(), [{ match: { host: '.*' }, detector: 'ewma' }])
    const others = [
      Series.of(rollupName('load', ['zone']), { host: 'a' }, Kind.Sample),
      Series.of('anomaly_score', { host: 'a' }, Kind.Sample),
    ]
    for (let index = 0; index < 40; index++) {
      const batch = batchOf(index, ...others)
      await flush(scorer, batch)
      expect(batch.windows.length).toBe(2)
    }
  })
})

describe('after a restart', () => {
  test.each([40, 71, 72, 73, 200, 359, 360, 361, 500, 700])(
    'before window %i the scores are those of no restart',
    async (cut) => {
      const steady = new History()
      const expected = await run(scorerOn(steady, [COMBINED]).scorer, steady, 0, 800)
      const history = new History()
      const before = await run(scorerOn(history, [COMBINED]).scorer, history, 0, cut)
      const after = await run(scorerOn(history, [COMBINED]).scorer, history, cut, 800)
      expect([...before, ...after]).toEqual(expected)
      expect(expected.length).toBeGreaterThan(1000)
    },
  )

  test('windows that were stored but not committed are judged again with the same result', async () => {
    const history = new History()
    const first = await run(scorerOn(history, [EWMA]).scorer, history, 0, 100)
    const again = await run(scorerOn(history, [EWMA]).scorer, history, 90, 100)
    expect(again).toEqual(first.slice(-30))
  })

  test('a partition that went elsewhere and came back has missed nothing', async () => {
    const history = new History()
    const expected = await run(scorerOn(history, [EWMA]).scorer, history, 0, 100)
    const { scorer } = scorerOn(history, [EWMA])
    await run(scorer, new History(), 0, 50)
    scorer.drop(3)
    expect(await run(scorer, new History(), 80, 100)).toEqual(expected.slice(-60))
  })

  test('a history that cannot be read is asked for again, and nothing is judged twice', async () => {
    const history = new History()
    const expected = await run(scorerOn(history, [EWMA]).scorer, history, 0, 101)
    let failures = 1
    const { scorer } = scorerOn(
      {
        series: history.series,
        read: (selection) => {
          if (failures-- > 0) throw new Error('not now')
          return history.read(selection)
        },
      },
      [EWMA],
    )
    const batch = batchOf(100, load)
    await expect(scorer.prepare([batch])).rejects.toThrow('not now')
    await flush(scorer, batch)
    expect(`100 ${batch.windows.series[1]} ${batch.windows.last[1]}`).toBe(expected.at(-3))
  })
})

describe('trained patterns', () => {
  const SEASONAL: AnomalyRule = { match: { __name__: 'load' }, detector: 'seasonal' }

  test.each([COMBINED, SEASONAL])('are judged by from the window on that they name: $detector', async (rule) => {
    const trained = new Trained()
    const { scorer } = scorerOn(new History(), [rule], 10, trained)
    const plain = await run(scorerOn(new History(), [rule]).scorer, new History(), 0, 320)
    const before = await run(scorer, new History(), 0, 250)
    trained.store(280, 10, -10)
    trained.store(300, 500, -500)
    await scorer.refreshPatterns()
    const all = [...before, ...(await run(scorer, new History(), 250, 320))]
    const differ = all.findIndex((line, i) => line !== plain[i])
    expect(all[differ]).toMatch(/^28[0-2] /)
    expect(all.length).toBe(plain.length)
  })

  test('the bounds follow the pattern', async () => {
    const trained = new Trained()
    trained.store(0, 500, -500)
    const history = new History()
    const { scorer } = scorerOn(history, [SEASONAL], 10, trained)
    await run(scorer, history, 0, 400)
    const center = (index: number) => {
      const { windows } = history.batches[index]
      return (windows.last[2] + windows.last[3]) / 2
    }
    // 18:00 is half-way down or up again; 72 windows later it is midnight.
    expect(center(72 + 288) - center(72 + 144)).toBeGreaterThan(500)
  })

  test('a restart judges by the versions of then, one that came between as well', async () => {
    const trained = new Trained()
    trained.store(150, 10, -10)
    const steady = new History()
    const { scorer } = scorerOn(steady, [COMBINED], 10, trained)
    const expected = await run(scorer, steady, 0, 400)
    trained.store(420, -5, 5)
    await scorer.refreshPatterns()
    expected.push(...(await run(scorer, steady, 400, 600)))

    const history = new History()
    const before = await run(scorerOn(history, [COMBINED], 10, trained).scorer, history, 0, 450)
    const after = await run(scorerOn(history, [COMBINED], 10, trained).scorer, history, 450, 600)
    expect([...before, ...after]).toEqual(expected)
  })

  test('a store that cannot be read holds new series up, and is asked again', async () => {
    const trained = new Trained()
    trained.store(0, 500, -500)
    let failures = 1
    const source: PatternSource = {
      storedAfter: async (...asked) => {
        if (failures-- > 0) throw new Error('not now')
        return trained.storedAfter(...asked)
      },
    }
    const { scorer } = scorerOn(new History(), [SEASONAL], 10, source)
    await expect(scorer.prepare([batchOf(0, load)])).rejects.toThrow('not now')
    const told = await run(scorer, new History(), 0, 200)
    const other = await run(scorerOn(new History(), [SEASONAL], 10, trained).scorer, new History(), 0, 200)
    expect(told).toEqual(other)
  })
})

test('beyond the limit of series none is scored, which is told once; those silent since yesterday make room', async () => {
  const { scorer, errors } = scorerOn(new History(), [{ match: { __name__: 's.*' }, detector: 'ewma' }], 2)
  const [a, b, c] = ['s1', 's2', 's3'].map((metric) => Series.of(metric, {}, Kind.Sample))
  for (let index = 0; index < 40; index++) await flush(scorer, batchOf(index, a, b, c))
  const full = batchOf(40, a, b, c)
  await flush(scorer, full)
  expect(full.windows.length).toBe(3 + 2 * 3)
  expect(errors).toEqual(['TM_ANOMALY_SERIES'])
  const twoDays = (2 * 86_400_000) / STEP_MS
  for (let index = twoDays + 100; index < twoDays + 140; index++) await flush(scorer, batchOf(index, c))
  const later = batchOf(twoDays + 140, c)
  await flush(scorer, later)
  expect(later.windows.length).toBe(1 + 3)
})
