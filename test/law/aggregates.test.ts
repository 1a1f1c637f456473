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
import { anyPoints, foldInOrder, mergeInOrder, possible } from './points.js'
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
    fc.asyncProperty(anyPoints, async (drawn) => {
      const points = possible(drawn)
      fc.pre(points.length > 0)
      const folded = foldInOrder(points, START, TIER_MS['10s'])
      const minutes = mergeInOrder(folded, TIER_MS['1m'])
      const fives = mergeInOrder(minutes, TIER_MS['5m'])
      expect(differences(foldInOrder(points, START, TIER_MS['5m']), fives)).toEqual([])
      await engine.run(async (connection) => {
        await appendRaw(connection, points, START)
        await foldPoints(connection, { sql: 'raw', place: 'rowid' }, START)
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
    }),
    { numRuns: 25 },
  )
}, 120_000)

async function written(connection: Parameters<Parameters<typeof engine.run>[0]>[0], tier: Tier) {
  const path = join(folder, `${tier}.parquet`)
  await writeWindows(connection, tier, START, path)
  await connection.run('DROP TABLE IF EXISTS selected')
  return readAll(connection, path, { startMs: START, endMs: START + 600_000 })
}
