import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { announceInstance, liveInstances, withdrawInstance } from '../batch/catalog/instances.js'
import type { Instance, InstanceReport } from '../schemas/ports/status.js'
import type { RoleContext, RunningRole } from './context.js'
import { repeat } from './repeat.js'
import type { Role } from './role.js'

/** A process says that it runs this often, ms. */
const ANNOUNCE_EVERY_MS = 5_000

/** This process among the others of its Tidemark. */
export class InstanceDesk {
  /** Names this process among all. */
  readonly id = randomUUID()
  readonly #context: RoleContext
  readonly #running: readonly RunningRole[]
  readonly #facts: Omit<Instance, 'seenMs' | 'status' | 'url'>
  #url = ''

  constructor(
    context: RoleContext,
    running: readonly RunningRole[],
    facts: { roles: readonly Role[]; version: string },
  ) {
    this.#context = context
    this.#running = running
    this.#facts = { ...facts, id: this.id, host: hostname(), pid: process.pid, startedMs: context.clock() }
  }

  /** Begins to tell the catalog that this process runs, until it closes. @param url where it answers */
  announce(url: string): void {
    this.#url = reachable(url, this.#context.config.http.host)
    const { closing, onError } = this.#context
    const announce = async () => announceInstance(await this.#db(), await this.#own())
    void announce().catch(() => undefined)
    const stop = repeat(ANNOUNCE_EVERY_MS, announce, onError)
    closing.add('the list of processes', async () => {
      await stop()
      // A catalog that is down forgets this process by itself.
      await withdrawInstance(await this.#db(), this.#facts.id).catch(() => undefined)
    })
  }

  /** Every process that runs: this one as it is now, the others as they last said. */
  async all(): Promise<Instance[]> {
    const own = await this.#own()
    const others = await liveInstances(await this.#db(), own.seenMs)
    return [own, ...others.filter(({ id }) => id !== own.id)]
  }

  async #own(): Promise<Instance> {
    const reports = await Promise.all(this.#running.map((role) => role.report?.()))
    const status: InstanceReport = Object.assign({}, ...reports)
    return { ...this.#facts, url: this.#url, seenMs: this.#context.clock(), status }
  }

  async #db() {
    return (await this.#context.stores.catalog()).catalog.db
  }
}

/** An address by which other machines reach a server that listens on all of its own. */
function reachable(url: string, host: string): string {
  if (host !== '0.0.0.0' && host !== '::') return url
  const known = new URL(url)
  known.hostname = hostname()
  return known.origin
}
