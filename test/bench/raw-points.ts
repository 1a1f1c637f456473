import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { PointBuffer } from '../../batch/archive/buffer.js'
import { writeBuffer } from '../../batch/archive/write-buffer.js'
import { DuckEngine } from '../../batch/duck/engine.js'
import { PartitionBatch } from '../../ingest/gateway/batch.js'
import { decodeRecord } from '../../schemas/log/record.js'
import type { Series } from '../../schemas/series/series.js'

/** Length of a block, ms, and a block that is the last of its hour and day: recomputing it touches every tier. */
export const BLOCK_MS = 600_000
export const BLOCK_START_MS = Date.UTC(2026, 0, 5, 23, 50)

/** Points of one series, in order of time. */
export interface SeriesPoints {
  series: Series
  timeMs: Float64Array
  value: Float64Array
}

const POINTS_PER_RECORD = 200_000

/** An engine for the benches, as the server sets its own up. */
export function benchEngine(folder: string): DuckEngine {
  return new DuckEngine({ tempDir: join(folder, 'duckdb'), threads: 2, memory: '2GB' })
}

/**
 * Writes points as the archive does: records, buffer, one raw Parquet file a block.
 * @returns the file of the block at `startMs`
 */
export async function archivePoints(
  folder: string,
  points: Iterable<SeriesPoints>,
  blockMs: number,
): Promise<{ path: string; bytes: number; points: number }> {
  mkdirSync(folder, { recursive: true })
  const buffer = new PointBuffer(blockMs)
  let batch = new PartitionBatch(POINTS_PER_RECORD)
  const flush = () => {
    buffer.add(decodeRecord(batch.encode(0)))
    batch = new PartitionBatch(POINTS_PER_RECORD)
  }
  for (const { series, timeMs, value } of points) {
    const index = batch.addSeries(series)
    for (let i = 0; i < value.length; i++) batch.add(index, timeMs[i], value[i], 1)
    if (batch.pointCount >= POINTS_PER_RECORD) flush()
  }
  if (batch.pointCount > 0) flush()
  const engine = benchEngine(folder)
  try {
    const files = await engine.run((connection) => writeBuffer(connection, buffer, blockMs, folder))
    if (files.length !== 1) throw new Error(`the points make ${files.length} blocks, not one`)
    return files[0]
  } finally {
    await engine.close()
  }
}
