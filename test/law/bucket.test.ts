import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DOUBLE } from '@duckdb/node-api'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { appendColumns } from '../../batch/duck/append.js'
import { DuckEngine } from '../../batch/duck/engine.js'
import { BOUNDS, bucketIndex, lowerBound } from '../../schemas/sketch/bucket.js'
import { bucketIndexSql } from '../../schemas/sketch/bucket-sql.js'

const engine = new DuckEngine({ tempDir: join(tmpdir(), 'tidemark-bucket'), threads: 1, memory: '256MB' })
afterAll(() => engine.close())

/** Any positive finite double, uniform over its bits. */
const anyMagnitude = fc
  .tuple(fc.integer({ min: 0, max: 0x7fefffff }), fc.integer({ min: 0, max: 0xffffffff }))
  .map(([high, low]) => {
    const view = new DataView(new ArrayBuffer(8))
    view.setUint32(0, high)
    view.setUint32(4, low)
    return view.getFloat64(0) || 5e-324
  })

function neighbours(value: number): number[] {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigInt64(0)
  return [-2n, -1n, 0n, 1n, 2n]
    .map((step) => {
      view.setBigInt64(0, bits + step)
      return view.getFloat64(0)
    })
    .filter((one) => one > 0 && Number.isFinite(one))
}

async function inSql(values: readonly number[]): Promise<number[]> {
  return engine.run(async (connection) => {
    await connection.run('CREATE TEMP TABLE drawn (m DOUBLE)')
    await appendColumns(connection, 'drawn', values.length, [{ type: DOUBLE, value: (row) => values[row] }])
    const rows = await connection.runAndReadAll(`SELECT ${bucketIndexSql('m')} FROM drawn`)
    return rows.getColumns()[0].map(Number)
  })
}

test('SQL and TypeScript put any double into the same bucket', async () => {
  const values = fc.sample(anyMagnitude, { numRuns: 200_000, seed: 1 })
  expect(await inSql(values)).toEqual(values.map(bucketIndex))
})

test('and so they do at every boundary of a bucket and beside it', async () => {
  const values = Array.from({ length: 2098 }, (_, i) => i - 1074).flatMap((exponent) =>
    BOUNDS.flatMap((bound) => neighbours(bound * 2 ** exponent)),
  )
  expect(await inSql(values)).toEqual(values.map(bucketIndex))
})

test("a value lies above its bucket's lower bound and not above its upper", () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (value) => {
      const index = bucketIndex(value)
      expect(value).toBeGreaterThan(lowerBound(index, 5) * (1 - 1e-12))
      expect(value).toBeLessThanOrEqual(lowerBound(index + 1, 5) * (1 + 1e-12))
    }),
  )
})
