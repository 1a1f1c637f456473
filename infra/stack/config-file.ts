import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { StackConfig } from './part.js'

/** The file that Tidemark is started with. */
export function configFile(home: string): string {
  return join(home, 'tidemark.yaml')
}

/** Folder of what Tidemark itself keeps beside the servers. */
export function tidemarkFolder(home: string): string {
  return join(home, 'tidemark')
}

/** Writes the configuration of a Tidemark on these servers, readable by its owner alone. @returns what it says */
export function writeConfig(home: string, config: StackConfig): string {
  const text = stringify({ data: { dir: tidemarkFolder(home) }, ...config })
  writeFileSync(configFile(home), text, { mode: 0o600 })
  return text
}
