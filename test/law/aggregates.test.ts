import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { DuckEngine } from '../../batch/duck/engine.js'
import { foldPoints, writeWindows } from '../../batch/recompute/compute.js'
import { mergeWindowsSql } from '../../batch/recompute/merge-sql.js'
import { TIER_MS, type Tier } from '../../schemas/time.js'
import { appendRaw, readAll } from './duck-windows.js'
import { anyPoints, foldInOrder, type LawPoint, mergeInOrder, possible } from './points.js'
import { differences } from './windows-equal.js'

const folder = mkdtempSync(join(tmpdir(), 'tidemark-law-'))
const engine = new DuckEngine({ tempDir: folder, threads: 2, memory: '512MB' })
const START = 1_700_000_400_000

afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true, force: true })
})

test('10 s, 1 m and 5 m windows are the same from SQL, from a fold in TypeScript, and from merging', async () => {
  await fc.assert(
    fc.asyncProperty(anyPoints, anyRange, (drawn, rangePoints) => holds(possible(drawn), rangePoints)),
    { numRuns: 25 },
  )
}, 120_000)

test('and so they are for readings above 0 that come in order', async () => {
  await fc.assert(
    fc.asyncProperty(anyPoints, anyRange, (drawn, rangePoints) => {
      const readings = drawn.map((point) => ({ ...point, value: positive(point.value), stale: false, weight: 1 }))
      const times = new Map(readings.map((point) => [`${point.series} ${point.timeMs}`, point]))
      return holds([...times.values()].sort(byPlace), rangePoints)
    }),
    { numRuns: 25 },
  )
}, 120_000)

/** Points that are paired with those before them in one query. */
const anyRange = fc.constantFrom(1, 7, 1000)

function positive(value: number): number {
  return Math.abs(value) > 0 && Number.isFinite(value) ? Math.abs(value) : 1
}

/** Series in any order, each one's points in order of time. */
function byPlace(a: LawPoint, b: LawPoint): number {
  return a.series - b.series || a.timeMs - b.timeMs
}

async function holds(points: readonly LawPoint[], rangePoints: number): Promise<void> {
  fc.pre(points.length > 0)
  const folded = foldInOrder(points, START, TIER_MS['10s'])
  const minutes = mergeInOrder(folded, TIER_MS['1m'])
  const fives = mergeInOrder(minutes, TIER_MS['5m'])
  expect(differences(foldInOrder(points, START, TIER_MS['5m']), fives)).toEqual([])
  await engine.run(async (connection) => {
    await appendRaw(connection, points, START)
    await foldPoints(connection, 'raw', START, rangePoints)
    await connection.run(mergeWindowsSql('1m', '10s'))
    await connection.run(mergeWindowsSql('5m', '1m'))
    for (const [tier, expected] of [
      ['10s', folded],
      ['1m', minutes],
      ['5m', fives],
    ] as const) {
      expect(differences(expected, await written(connection, tier))).toEqual([])
    }
  })
}

async function written(connection: Parameters<Parameters<typeof engine.run>[0]>[0], tier: Tier) {
  const path = join(folder, `${tier}.parquet`)
  await writeWindows(connection, tier, START, path)
  await connection.run('DROP TABLE IF EXISTS selected')
  return readAll(connection, path, { startMs: START, endMs: START + 600_000 })
}
