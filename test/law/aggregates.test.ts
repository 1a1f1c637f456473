import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { DuckEngine } from '../../batch/duck/engine.js'
import { computeBlock } from '../../batch/recompute/compute.js'
import { touchedSpans } from '../../batch/recompute/spans.js'
import { derivedSeries } from '../../schemas/series/rollup.js'
import { TIER_MS } from '../../schemas/time.js'
import { appendRaw, readAll, writeRawFiles } from './duck-windows.js'
import { anyPoints, foldInOrder, LAW_SERIES, type LawPoint, mergeInOrder, possible } from './points.js'
import { foldInSql, readSqlWindows } from './sql-windows.js'
import { differences } from './windows-equal.js'

const folder = mkdtempSync(join(tmpdir(), 'tidemark-law-'))
const engine = new DuckEngine({ tempDir: folder, threads: 2, memory: '512MB' })
const START = 1_700_000_400_000
const BLOCK_MS = 600_000
const READINGS = { match: 'reading', by: [], keep_source: true }
const DERIVED = derivedSeries(READINGS, LAW_SERIES[0])

afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true, force: true })
})

test('windows are the same from a recompute of raw files, from SQL, from a fold, and from merging', async () => {
  await fc.assert(
    fc.asyncProperty(anyPoints, anyFile, (drawn, fileOf) => holds(possible(drawn), fileOf)),
    { numRuns: 30 },
  )
}, 120_000)

test('and so they are for readings above 0, the bulk of all', async () => {
  await fc.assert(
    fc.asyncProperty(anyPoints, (drawn) => {
      const readings = drawn.map((point) => ({ ...point, series: point.series % 2, stale: false, weight: 1 }))
      return holds(
        readings.map((point) => ({ ...point, value: positive(point.value) })),
        bySeries,
      )
    }),
    { numRuns: 20 },
  )
}, 120_000)

type FileOf = (point: LawPoint) => number
/** Every series in one file, as partitions have it. */
const bySeries: FileOf = ({ series }) => series % 2
/** Series that lie in several files. */
const byTime: FileOf = ({ timeMs }) => (timeMs >> 4) % 3
const anyFile = fc.constantFrom(() => 0, bySeries, byTime)

function positive(value: number): number {
  return Math.abs(value) > 0 && Number.isFinite(value) ? Math.abs(value) : 1
}

async function holds(points: readonly LawPoint[], fileOf: FileOf): Promise<void> {
  fc.pre(points.length > 0)
  const folded = foldInOrder(points, START, TIER_MS['10s'])
  const minutes = mergeInOrder(folded, TIER_MS['1m'])
  const fives = mergeInOrder(minutes, TIER_MS['5m'])
  expect(differences(foldInOrder(points, START, TIER_MS['5m']), fives)).toEqual([])
  await engine.runAlone(async (tools) => {
    const { reader, writer } = tools
    const { files } = await computeBlock({
      tools,
      rawPaths: await writeRawFiles(writer, points, START, BLOCK_MS, folder, fileOf),
      spans: touchedSpans(START, BLOCK_MS, START + BLOCK_MS),
      tierPaths: async () => [],
      findSeries: (low, high) => LAW_SERIES.find(({ idLow, idHigh }) => idLow === low && idHigh === high),
      rollups: [READINGS],
      folder,
    })
    await appendRaw(writer, points, START)
    await foldInSql(writer, START)
    for (const [tier, expected] of [
      ['10s', folded],
      ['1m', minutes],
      ['5m', fives],
    ] as const) {
      const path = files.find((file) => file.tier === tier)?.path ?? ''
      const range = { startMs: START, endMs: START + BLOCK_MS }
      expect(differences(expected, await readAll(reader, path, LAW_SERIES, range))).toEqual([])
      const inSql = await readSqlWindows(writer, `windows_${tier}`, tier, START, seriesOf)
      expect(differences(expected, inSql)).toEqual([])
      if (tier !== '10s') continue
      const rolled = await readSqlWindows(writer, 'rolled', tier, START, () => DERIVED)
      expect(differences(rolled, await readAll(reader, path, [DERIVED], range))).toEqual([])
    }
  })
}

const seriesOf = (id: bigint) => LAW_SERIES.find((series) => series.id === id)!
