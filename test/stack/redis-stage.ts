import { expect } from 'vitest'
import { createRedisLiveView, type RedisLiveViewOptions } from '../../adapters/redis/live-view.js'
import { loadConfig } from '../../schemas/config/load.js'
import type { LiveFeed, LiveView } from '../../schemas/ports/window-store.js'
import { batch, cpu, everything, readAll, T0 } from '../contract/window-fixtures.js'
import { CutLine } from './cut-line.js'
import { RedisServer } from './redis-servers.js'

export const S = 1000

/** What a call fails with while Redis cannot be used. */
export const unavailable = expect.objectContaining({ code: 'TM_LIVEVIEW_UNAVAILABLE', retriable: true })

/** A server of a test's own, and what was opened over it. */
export class RedisStage {
  readonly server: RedisServer
  readonly #closers: (() => unknown)[] = []

  private constructor(server: RedisServer) {
    this.server = server
    this.closing(() => server.close())
  }

  /** @param args as redis-server takes them */
  static async open(...args: string[]): Promise<RedisStage> {
    return new RedisStage(await RedisServer.start(...args))
  }

  /** To be closed before all that came before. */
  closing(close: () => unknown): void {
    this.#closers.push(close)
  }

  config(url = this.server.url) {
    return loadConfig({ env: {}, overrides: { 'redis.url': url } })
  }

  /** A live view as a process of its own has it. */
  async view(options: RedisLiveViewOptions = {}, url?: string): Promise<LiveView> {
    const view = await createRedisLiveView(this.config(url), options)
    this.closing(() => view.close())
    return view
  }

  /** A way to the server that can be cut. */
  async line(): Promise<CutLine> {
    const line = await CutLine.to(this.server.port)
    this.closing(() => line.close())
    return line
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close()
  }
}

/** Feeds the only partition with closed windows from T0 on, one each 10 s. */
export async function fed(view: LiveView, windows: number): Promise<LiveFeed> {
  const feed = await view.follow(0, T0)
  for (let i = 0; i < windows; i++) await closeWindow(feed, i)
  return feed
}

/** Puts the closed window number `i`. */
export const closeWindow = (feed: LiveFeed, i: number): Promise<void> =>
  feed.put([batch(T0 + i * 10 * S, 0, [{ series: cpu(), values: [1] }])], T0 + (i + 1) * 10 * S)

/** Starts of the windows that the view gives from a time on, seconds after T0. */
export async function starts(view: LiveView, from = -600): Promise<number[]> {
  const keys = Object.keys(await readAll(view, { ...everything(), startMs: T0 + from * S }))
  return keys.map((key) => Number(key.split('@ ')[1]) / S).sort((a, b) => a - b)
}

/** What the view covers, seconds after T0. */
export async function covered(view: LiveView): Promise<number | undefined> {
  const fromMs = await view.coveredFromMs()
  return fromMs === undefined ? undefined : (fromMs - T0) / S
}
