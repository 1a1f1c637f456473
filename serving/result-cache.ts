import { createHash } from 'node:crypto'
import type { MergedQuery } from './merged-query.js'
import type { Coverage, Views } from './views.js'

/** What an answer says beside its data. */
export interface AnswerNotes {
  coverage: readonly Coverage[]
  warnings: readonly string[]
  infos: readonly string[]
}

/** An answer: its `data` as JSON, piece by piece. */
export interface Answer extends AnswerNotes {
  data: Iterable<string>
}

/** Larger answers are not kept, characters. */
const KEPT_LENGTH = 4 << 20

/**
 * Gives an answer that was computed for the same question at the same epoch, or computes it. Only answers that come
 * from the batch view alone are kept: an epoch never changes, the newest minutes do.
 * @param question everything that the answer depends on, the state of the views aside
 */
export async function readThrough(
  views: Pick<Views, 'cache' | 'queryTtlMs' | 'observer'>,
  query: MergedQuery,
  question: readonly unknown[],
  compute: () => Promise<Answer>,
): Promise<Answer> {
  const text = JSON.stringify([question, query.snapshot.epoch, query.snapshot.frontierMs])
  const key = `answer:${createHash('sha256').update(text).digest('base64url')}`
  const kept = await views.cache.get(key)
  views.observer?.lookedUp(kept !== undefined)
  if (kept) return JSON.parse(Buffer.from(kept).toString()) as Answer
  const answer = await compute()
  const isSealed =
    query.partialReasons.size === 0 &&
    answer.coverage.length > 0 &&
    answer.coverage.every(({ view }) => view === 'batch')
  if (!isSealed) return answer
  const { pieces, rest } = readAhead(answer.data, KEPT_LENGTH)
  if (rest) return { ...answer, data: joined(pieces, rest) }
  const whole = { ...answer, data: [pieces.join('')] }
  await views.cache.set(key, Buffer.from(JSON.stringify(whole)), views.queryTtlMs)
  return whole
}

/** The pieces of up to so many characters, and an iterator over the rest if there is more. */
function readAhead(source: Iterable<string>, length: number): { pieces: string[]; rest?: Iterator<string> } {
  const iterator = source[Symbol.iterator]()
  const pieces: string[] = []
  let read = 0
  for (let next = iterator.next(); !next.done; next = iterator.next()) {
    pieces.push(next.value)
    read += next.value.length
    if (read > length) return { pieces, rest: iterator }
  }
  return { pieces }
}

function* joined(pieces: readonly string[], rest: Iterator<string>): Generator<string> {
  yield* pieces
  for (let next = rest.next(); !next.done; next = rest.next()) yield next.value
}
