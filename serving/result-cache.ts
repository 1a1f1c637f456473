import { createHash } from 'node:crypto'
import type { MergedQuery } from './source.js'
import type { Coverage, Views } from './views.js'

/** An answer that can be given again. */
export interface KeptAnswer {
  dataJson: string
  coverage: readonly Coverage[]
  warnings: readonly string[]
}

/** Larger answers are not kept, bytes. */
const KEPT_BYTES = 4 << 20

/**
 * Gives an answer that was computed for the same question at the same epoch, or computes it. Only answers that come
 * from the batch view alone are kept: an epoch never changes, the newest minutes do.
 * @param question everything that the answer depends on, the state of the views aside
 */
export async function readThrough(
  views: Pick<Views, 'cache' | 'queryTtlMs'>,
  query: MergedQuery,
  question: readonly unknown[],
  compute: () => Promise<KeptAnswer>,
): Promise<KeptAnswer> {
  const text = JSON.stringify([question, query.snapshot.epoch, query.snapshot.frontierMs])
  const key = `answer:${createHash('sha256').update(text).digest('base64url')}`
  const kept = await views.cache.get(key)
  if (kept) return JSON.parse(Buffer.from(kept).toString()) as KeptAnswer
  const answer = await compute()
  const isSealed =
    query.partialReasons.size === 0 &&
    answer.coverage.length > 0 &&
    answer.coverage.every(({ view }) => view === 'batch')
  if (isSealed && answer.dataJson.length <= KEPT_BYTES) {
    await views.cache.set(key, Buffer.from(JSON.stringify(answer)), views.queryTtlMs)
  }
  return answer
}
