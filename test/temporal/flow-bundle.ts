import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode } from '@temporalio/worker'

let made: Promise<string> | undefined

/** Bundles the flows as they stand, once a process; gives the bundle's path. */
export function flowBundle(): Promise<string> {
  made ??= bundle()
  return made
}

async function bundle(): Promise<string> {
  const nothing = () => {}
  const logger = {
    log: nothing,
    trace: nothing,
    debug: nothing,
    info: nothing,
    warn: console.warn,
    error: console.error,
  }
  const { code } = await bundleWorkflowCode({
    // Beside this file's own kind: sources in a test, compiled files in a compiled script.
    workflowsPath: fileURLToPath(new URL(`../../workflows/flows${extname(import.meta.url)}`, import.meta.url)),
    logger,
    // Sources name each other by the suffix that they have once compiled.
    webpackConfigHook: (config) => ({
      ...config,
      resolve: { ...config.resolve, extensionAlias: { '.js': ['.ts', '.js'] } },
    }),
  })
  const path = join(tmpdir(), `tidemark-flows-${createHash('sha256').update(code).digest('hex').slice(0, 16)}.js`)
  writeFileSync(path, code)
  return path
}
