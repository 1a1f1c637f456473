import { TidemarkError } from '../../schemas/errors.js'
import type { WindowSelection } from '../../schemas/ports/window-store.js'
import type { Series } from '../../schemas/series/series.js'
import { DamagedChunk, decodeChunk } from '../../schemas/windows/chunk.js'
import type { WindowColumns } from '../../schemas/windows/columns.js'
import type { RedisConnection } from './connection.js'
import type { RedisKeys } from './keys.js'
import { type IndexedWindows, type LiveIndex, type PartitionIndex, windowsIn } from './live-index.js'
import type { LiveSeries, SeriesSelector, WantedPages } from './live-series.js'

/** Chunks fetched at a time: some kilobytes each, more with sketches. */
const CHUNKS_AT_ONCE = 256
/** Open windows change every few seconds, and are read in milliseconds: those that change under each try are not read. */
const TRIES = 8

/** A chunk as it lay in Redis, and what is wanted of the series that it names by their places. */
interface FoundChunk {
  bytes: Uint8Array
  wanted: readonly (Series | undefined)[]
  startMs: number
  partition: number
}

/** Windows of one start, and the pages that are wanted of them. */
interface Lookup extends IndexedWindows {
  wanted: WantedPages
}

/** Reads windows of one partition: what one put has put together is read together. */
export class LiveReader {
  readonly #connection: RedisConnection
  readonly #keys: RedisKeys
  readonly #index: LiveIndex
  readonly #series: LiveSeries

  constructor(connection: RedisConnection, keys: RedisKeys, index: LiveIndex, series: LiveSeries) {
    this.#connection = connection
    this.#keys = keys
    this.#index = index
    this.#series = series
  }

  /** What there is to read in a partition. @throws ioredis' errors, TM_LIVEVIEW_UNAVAILABLE */
  async find(index: PartitionIndex, range: WindowSelection, selector: SeriesSelector): Promise<Lookup[]> {
    const windows = windowsIn(index, range)
    const byFeed = new Map<string, WantedPages | undefined>()
    for (const { feed } of windows) {
      if (!byFeed.has(feed)) byFeed.set(feed, await this.#series.wanted(index.partition, feed, selector))
    }
    return windows.flatMap((one) => {
      const wanted = byFeed.get(one.feed)
      // What was lost is not covered, as `heldFromMs` tells; it may have been a moment ago.
      if (!wanted && one.closed && one.startMs >= index.fromMs) throw lost(index.partition)
      return wanted && wanted.size > 0 ? { ...one, wanted } : []
    })
  }

  /** The chunks of what was found. Windows that were put anew meanwhile are looked up again. */
  async *chunks(
    partition: number,
    found: readonly Lookup[],
    range: WindowSelection,
    selector: SeriesSelector,
  ): AsyncGenerator<FoundChunk> {
    let lookups = found
    for (let attempt = 0; lookups.length > 0; attempt++) {
      if (attempt === TRIES) throw unavailable('its windows change faster than they can be read')
      const changed = new Set<number>()
      for (const group of groupsOf(lookups)) yield* await this.#fetch(partition, group, changed)
      if (changed.size === 0) return
      const again = await this.find(await this.#index.readOne(partition), range, selector)
      lookups = again.filter(({ startMs }) => changed.has(startMs))
    }
  }

  /** Fetches the chunks of some starts. @param changed is told of those that are not what was looked up */
  async #fetch(partition: number, group: readonly Lookup[], changed: Set<number>): Promise<FoundChunk[]> {
    const runs = group.flatMap((lookup) => runsOf(lookup).map((pages) => ({ lookup, pages })))
    const replies = (await this.#connection.pipeline((commands) => {
      for (const { lookup, pages } of runs)
        commands.hmgetBuffer(this.#keys.window(partition, lookup.startMs), '', ...pages.map(String))
    })) as (Buffer | null)[][]
    // Of a start whose chunks come in several replies all must be of the same put.
    for (const [i, { lookup }] of runs.entries()) {
      const tag = replies[i][0]?.toString()
      if (tag !== undefined && tag !== lookup.tag) changed.add(lookup.startMs)
    }
    return runs.flatMap(({ lookup: { startMs, wanted }, pages }, i) => {
      if (changed.has(startMs)) return []
      return pages.flatMap((page, j) => {
        const bytes = replies[i][j + 1]
        return bytes ? { bytes, wanted: wanted.get(page) ?? [], startMs, partition } : []
      })
    })
  }
}

/** Adds the wanted windows of a chunk. @throws TM_LIVEVIEW_UNAVAILABLE if it is damaged */
export function decodeFound({ bytes, wanted, startMs, partition }: FoundChunk, into: WindowColumns): void {
  try {
    decodeChunk(
      bytes,
      ({ number }) => {
        if (number >= wanted.length) throw new DamagedChunk(`it names series ${number} of ${wanted.length}`)
        return wanted[number]
      },
      into,
    )
  } catch (cause) {
    if (!(cause instanceof DamagedChunk)) throw cause
    const where = `windows of ${new Date(startMs).toISOString()}, partition ${partition}`
    throw unavailable(`the ${where} are damaged: ${cause.message}`, cause)
  }
}

/** Starts whose chunks are fetched together. */
function* groupsOf(lookups: readonly Lookup[]): Generator<Lookup[]> {
  let group: Lookup[] = []
  let chunks = 0
  for (const lookup of lookups) {
    group.push(lookup)
    chunks += lookup.wanted.size
    if (chunks < CHUNKS_AT_ONCE) continue
    yield group
    group = []
    chunks = 0
  }
  if (group.length > 0) yield group
}

function runsOf({ wanted }: Lookup): number[][] {
  const pages = [...wanted.keys()]
  return Array.from({ length: Math.ceil(pages.length / CHUNKS_AT_ONCE) }, (_, i) =>
    pages.slice(i * CHUNKS_AT_ONCE, (i + 1) * CHUNKS_AT_ONCE),
  )
}

function lost(partition: number): TidemarkError {
  return unavailable(`Redis has lost the series of partition ${partition}`)
}

function unavailable(reason: string, cause?: unknown): TidemarkError {
  return new TidemarkError('TM_LIVEVIEW_UNAVAILABLE', { reason }, cause)
}
