import { join } from 'node:path'
import { compactRaw } from '../../batch/archive/raw-file.js'
import type { Bench } from './bench.js'
import { hostSeries } from './host-metrics.js'
import { archivePoints, BLOCK_MS, BLOCK_START_MS, benchEngine } from './raw-points.js'

const HOSTS = 100
/** Files that a block's points arrive in before it is sealed: one a flush and partition. */
const FLUSHES = 4

/** Bytes of a point in the master dataset. */
export const archiveSize: Bench = {
  name: 'archive-size',
  about: 'bytes a point of raw Parquet: 50 metrics a host, 10 s apart, in a sealed block',
  async run({ folder, progress }) {
    progress(`a block of ${HOSTS} hosts`)
    const paths: string[] = []
    for (let flush = 0; flush < FLUSHES; flush++) {
      const length = BLOCK_MS / FLUSHES
      const points = hostSeries(HOSTS, BLOCK_START_MS + flush * length, length)
      paths.push((await archivePoints(join(folder, `flush-${flush}`), points, BLOCK_MS)).path)
    }
    const engine = benchEngine(folder)
    const block = await engine.run((connection) => compactRaw(connection, paths, join(folder, 'block.parquet')))
    await engine.close()
    return [{ key: 'archive-size block', unit: 'B/point', values: [block.bytes / block.points] }]
  },
}
