import { join } from 'node:path'
import { findProgram, installTemporal, TEMPORAL_ARCHIVES } from '../adapters/embedded/temporal-install.js'
import { processEnvironment, searchPath } from '../schemas/config/load.js'

/** Installs the Temporal CLI into the data folder unless it is there or on PATH. @returns its path @throws TM_TEMPORAL_MISSING */
export async function ensureTemporal(dataDir: string): Promise<string> {
  const binDir = join(dataDir, 'bin')
  const found = await findProgram('temporal', [...searchPath(), binDir])
  if (found) return found
  let lastSecond = -1
  return installTemporal({
    archives: TEMPORAL_ARCHIVES,
    binDir,
    searchPath: searchPath(),
    env: processEnvironment(),
    clock: Date.now,
    signal: new AbortController().signal,
    onProgress: ({ phase, percent, elapsedMs }) => {
      const second = Math.floor(elapsedMs / 5000)
      if (second === lastSecond) return
      lastSecond = second
      const share = percent === undefined ? '' : ` ${Math.floor(percent)} %`
      process.stderr.write(`installing the Temporal CLI: ${phase}${share}, ${Math.round(elapsedMs / 1000)} s\n`)
    },
  })
}
