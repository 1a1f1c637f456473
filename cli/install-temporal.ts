import { join } from 'node:path'
import { findProgram, installTemporal, TEMPORAL_ARCHIVES } from '../adapters/embedded/temporal-install.js'
import { processEnvironment, searchPath } from '../schemas/config/load.js'

/** Progress is told this often, ms. */
const TELL_EVERY_MS = 5000

/** Path of the Temporal CLI, if it is on PATH, where Go installs to, or in the data folder. */
export function findTemporal(dataDir: string): Promise<string | undefined> {
  return findProgram('temporal', [...searchPath(), join(dataDir, 'bin')])
}

/** Installs the Temporal CLI into the data folder unless it is there or on PATH. @returns its path @throws TM_TEMPORAL_MISSING */
export async function ensureTemporal(dataDir: string): Promise<string> {
  const found = await findTemporal(dataDir)
  if (found) return found
  let lastTold = -1
  return installTemporal({
    archives: TEMPORAL_ARCHIVES,
    binDir: join(dataDir, 'bin'),
    searchPath: searchPath(),
    env: processEnvironment(),
    clock: Date.now,
    signal: new AbortController().signal,
    onProgress: ({ phase, percent, elapsedMs }) => {
      const tick = Math.floor(elapsedMs / TELL_EVERY_MS)
      if (tick === lastTold) return
      lastTold = tick
      const share = percent === undefined ? '' : ` ${Math.floor(percent)} %`
      process.stderr.write(`installing the Temporal CLI: ${phase}${share}, ${Math.round(elapsedMs / 1000)} s\n`)
    },
  })
}
