import { join } from 'node:path'
import { compactRaw } from '../../batch/archive/raw-file.js'
import type { Bench } from './bench.js'
import { hostSeries } from './host-metrics.js'
import { archivePoints, BLOCK_MS, BLOCK_START_MS, benchEngine, type SeriesPoints } from './raw-points.js'

const HOSTS = 100
/** Files that a block's points arrive in before it is sealed: one a flush and partition. */
const FLUSHES = 4

/** Bytes of a point in the master dataset. */
export const archiveSize: Bench = {
  name: 'archive-size',
  about: 'bytes a point of raw Parquet: 50 metrics a host, 10 s apart, in a sealed block',
  async run({ folder, progress }) {
    progress(`a block of ${HOSTS} hosts`)
    const points = [...hostSeries(HOSTS, BLOCK_START_MS, BLOCK_MS)]
    const paths: string[] = []
    for (let flush = 0; flush < FLUSHES; flush++) {
      const part = points.map((whole) => partOf(whole, flush))
      paths.push((await archivePoints(join(folder, `flush-${flush}`), part, BLOCK_MS)).path)
    }
    const engine = benchEngine(folder)
    const block = await engine.run((connection) => compactRaw(connection, paths, join(folder, 'block.parquet')))
    await engine.close()
    return [{ key: 'archive-size block', unit: 'B/point', values: [block.bytes / block.points] }]
  },
}

function partOf({ series, timeMs, value }: SeriesPoints, flush: number): SeriesPoints {
  const from = (timeMs.length / FLUSHES) * flush
  const to = (timeMs.length / FLUSHES) * (flush + 1)
  return { series, timeMs: timeMs.subarray(from, to), value: value.subarray(from, to) }
}
