import { mkdir, mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'

/** A new empty folder inside the project, for one test. */
export async function scratchFolder(): Promise<string> {
  const parent = join(import.meta.dirname, '../../node_modules/.cache/tidemark')
  await mkdir(parent, { recursive: true })
  return mkdtemp(join(parent, 'test-'))
}
