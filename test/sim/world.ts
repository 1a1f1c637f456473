import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { EmbeddedHotStore } from '../../adapters/embedded/hot-store.js'
import { EmbeddedLog } from '../../adapters/embedded/log.js'
import { ObjectFolder } from '../../adapters/embedded/object-folder.js'
import { type BatchSettings, batchSettings } from '../../batch/settings.js'
import { loadConfig } from '../../schemas/config/load.js'
import type { Config, Rollup } from '../../schemas/config/schema.js'
import type { ObjectEntry, ObjectStore } from '../../schemas/ports/object-store.js'
import type { SimPoint } from './client.js'
import { BelatedHotStore } from './hot-store.js'
import { LosableLiveView } from './live-view.js'
import { Random } from './random.js'
import type { Stage } from './stage.js'
import { LogMirror } from './step-log.js'

/** A point that the log has, and where. */
export interface StoredPoint extends SimPoint {
  partition: number
  offset: number
  /** When the gateway took it, ms. */
  receivedMs: number
}

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
/** Topics are never trimmed by the simulator. */
const KEPT_MS = 365 * DAY_MS

/** One rollup keeps its sources, the other leaves nothing but itself. */
export const ROLLUPS: readonly Rollup[] = [
  { match: 'cpu', by: ['region'], keep_source: true },
  { match: 'latency', by: ['region'], keep_source: false },
]

/** What is durable, and the clock: all that outlives a simulated process. */
export class World {
  readonly stage: Stage
  readonly random: Random
  readonly folder: string
  readonly config: Config
  readonly settings: BatchSettings
  readonly log: EmbeddedLog
  readonly mirror: LogMirror
  readonly hot: BelatedHotStore
  readonly live: LosableLiveView
  readonly objects: DatedObjects
  readonly partitions: number
  /** Every point that the log took, whoever was told. */
  readonly stored: StoredPoint[] = []
  /** Offsets of records that were damaged, `partition/offset`. */
  readonly damaged = new Set<string>()
  /** Errors that a part reported and that trying again cannot mend. */
  readonly hopeless: Error[] = []
  nowMs: number
  /** What happened, for when it fails. */
  readonly trace: string[] = []
  readonly clock = (): number => this.nowMs
  #ids = 0

  private constructor(
    parts: Pick<
      World,
      'stage' | 'random' | 'folder' | 'config' | 'log' | 'mirror' | 'hot' | 'objects' | 'partitions'
    > & { startMs: number },
  ) {
    this.stage = parts.stage
    this.random = parts.random
    this.folder = parts.folder
    this.config = parts.config
    this.settings = batchSettings(parts.config)
    this.log = parts.log
    this.mirror = parts.mirror
    this.hot = parts.hot
    this.objects = parts.objects
    this.partitions = parts.partitions
    this.live = new LosableLiveView(parts.partitions, this.clock)
    this.nowMs = parts.startMs
  }

  /** An empty world some minutes before midnight, so that every tier gets a window. */
  static async create(stage: Stage, seed: number): Promise<World> {
    const random = new Random(seed)
    const folder = mkdtempSync(join(stage.folder, 'seed-'))
    await stage.reset()
    const startMs = Date.UTC(2026, 2, random.whole(1, 28)) - random.whole(2 * MINUTE_MS, 12 * MINUTE_MS)
    const partitions = random.whole(1, 3)
    const config = loadConfig({
      env: {},
      overrides: {
        'log.partitions': partitions,
        'blocks.length': random.pick(['1m', '2m', '5m', '5m']),
        'blocks.slack': random.pick(['1s', '15s']),
        'speed.lateness': random.pick(['5s', '15s']),
        'speed.idle_after': random.pick(['10s', '30s']),
        'batch.dirty_debounce': '5s',
        'batch.dirty_deadline': '20s',
        'archive.flush_every': '30s',
        rollups: ROLLUPS,
      },
    })
    let world: World | undefined
    const clock = () => world?.nowMs ?? startMs
    const retentionMs = { 'tidemark.points': KEPT_MS, 'tidemark.windows': KEPT_MS, 'tidemark.deadletter': KEPT_MS }
    const log = new EmbeddedLog({ folder: join(folder, 'log'), partitions, retentionMs, clock })
    const mirror = await LogMirror.open(log, 'tidemark.points')
    mkdirSync(join(folder, 'hot'))
    const visibleAfterMs = random.pick([0, 5_000, 12_000])
    const hot = new BelatedHotStore(new EmbeddedHotStore(join(folder, 'hot')), visibleAfterMs, clock)
    const objects = new DatedObjects(await ObjectFolder.open(join(folder, 'objects')), clock)
    world = new World({ stage, random, folder, config, log, mirror, hot, objects, partitions, startMs })
    return world
  }

  /** A new object name each time, the same in each run of the seed. */
  uniqueId = (): string => `sim${++this.#ids}`

  /** Notes what happened. */
  note(what: string): void {
    this.trace.push(`${new Date(this.nowMs).toISOString().slice(11, 23)} ${what}`)
  }

  /** Where the records among the dead letters stood, `partition/offset`. */
  async deadLetters(): Promise<Set<string>> {
    const letters = await LogMirror.open(this.log, 'tidemark.deadletter')
    await letters.caughtUp()
    await letters.close()
    const heads = letters
      .entries(0)
      .map(
        ({ value }) =>
          JSON.parse(Buffer.from(value).toString('latin1').split('\n')[0]) as { partition: number; offset: number },
      )
    return new Set(heads.map(({ partition, offset }) => `${partition}/${offset}`))
  }

  async close(): Promise<void> {
    await this.mirror.close()
    await this.log.close()
    await this.hot.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Objects whose age is told by the simulated clock. */
class DatedObjects implements ObjectStore {
  readonly #objects: ObjectStore
  readonly #clock: () => number
  readonly #putMs = new Map<string, number>()

  constructor(objects: ObjectStore, clock: () => number) {
    this.#objects = objects
    this.#clock = clock
  }

  async put(key: string, path: string): Promise<void> {
    await this.#objects.put(key, path)
    this.#putMs.set(key, this.#clock())
  }

  localPath(key: string): Promise<string> {
    return this.#objects.localPath(key)
  }

  async *list(prefix: string): AsyncIterable<ObjectEntry> {
    for await (const entry of this.#objects.list(prefix))
      yield { ...entry, modifiedMs: this.#putMs.get(entry.key) ?? entry.modifiedMs }
  }

  delete(key: string): Promise<void> {
    return this.#objects.delete(key)
  }
}
