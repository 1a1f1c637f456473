/**
 * Starts the servers that test/stack needs, once for all of them, in a folder that is gone afterwards.
 *
 * A test asks where they are and uses names of its own, so that tests do not see each other:
 *
 *   const { kafka, redis, victoriametrics, s3, catalog, temporal } = inject('stack')
 *   const prefix = `orders-${randomUUID().slice(0, 8)}-`      // topics, keys, buckets, databases, namespaces, metric names
 *
 * A test that kills, pauses or stops a server starts one for itself: `startStack({ dir, parts: ['redis'], log })`.
 * STACK_PARTS=kafka,redis starts only those, for a run of a few files:
 *
 *   STACK_PARTS=redis npx vitest run --config vitest.stack.config.ts test/stack/redis.test.ts
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { PART_NAMES, type PartName, type StackConfig } from '../../infra/stack/part.js'
import { startStack } from '../../infra/stack/start.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** Settings that point at the servers, as they stand in a Tidemark config. */
    stack: Required<StackConfig>
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = mkdtempSync(join(tmpdir(), 'ts-'))
  const parts = (process.env.STACK_PARTS?.split(',') ?? PART_NAMES) as readonly PartName[]
  const stack = await startStack({ dir, parts, log: (line) => console.log(line) })
  project.provide('stack', stack.config as Required<StackConfig>)
  return async () => {
    await stack.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}
