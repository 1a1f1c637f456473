import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { bundleProgram } from '../bundle-program.js'

const ROOT = join(import.meta.dirname, '../..')

/** The command `npm run stack` as one file, with the pins that it reads beside it, below the packages that it imports. */
export async function bundledStack(): Promise<string> {
  const folder = join(ROOT, 'node_modules/.cache/tidemark-stack-test')
  const script = join(folder, 'main.mjs')
  await bundleProgram(join(ROOT, 'infra/stack/main.ts'), script)
  for (const pins of ['go.mod', 'pom.xml', 'temporal-test-server.pom.xml'])
    cpSync(join(ROOT, 'infra/stack', pins), join(folder, pins))
  return script
}
