import { TidemarkError } from '../../schemas/errors.js'
import { auditStrictly } from './check-audit.js'
import { checkEnd } from './check-end.js'
import { LiveCheck } from './check-live.js'
import { checkQuery, type KeptAnswer } from './check-query.js'
import { SimClient } from './client.js'
import { CALM, Crash, type FaultRates } from './gate.js'
import { type Pipeline, startPipeline } from './pipeline.js'
import { damageRecord, sendRequest } from './send.js'
import { settle } from './settle.js'
import type { World } from './world.js'

const MINUTE_MS = 60_000
const WINDOW_MS = 10_000

/** What may happen next, and how often. */
const STEPS = {
  send: 30,
  readSpeed: 26,
  readArchive: 16,
  flushProvisional: 4,
  followClock: 8,
  flushArchive: 5,
  seal: 6,
  recompute: 6,
  audit: 4,
  sweep: 1,
  query: 5,
  rebalance: 2,
  damage: 1,
  trimLive: 1,
  loseLive: 1,
  evictLive: 1,
  kill: 1,
} as const
type Step = keyof typeof STEPS

const LOTTERY = (Object.keys(STEPS) as Step[]).flatMap((step) => Array.from({ length: STEPS[step] }, () => step))

/** One seed: a client, a process that keeps dying, and a schedule of steps drawn from the seed. */
export class Simulation {
  readonly #world: World
  readonly #client: SimClient
  /** Answers of older epochs, to be asked again. */
  readonly #kept: KeptAnswer[] = []
  readonly #live = new LiveCheck()
  #process: Pipeline | undefined
  /** What the present process does more slowly than its log fills. */
  #sluggish: 'speed' | 'archive' | undefined
  /** Processes that lived. */
  lives = 0

  constructor(world: World) {
    this.#world = world
    this.#client = new SimClient(world.random.fork())
  }

  /** Runs the seed to its end. @throws what was found to be wrong */
  async run(): Promise<void> {
    const { random } = this.#world
    const endMs = this.#world.nowMs + random.whole(2, 6) * MINUTE_MS
    await this.#restart()
    while (this.#world.nowMs < endMs) {
      this.#world.nowMs += random.whole(500, 8000)
      this.#client.produce(this.#world.nowMs)
      for (let steps = random.whole(1, 7); steps > 0; steps--) await this.#take(random.pick(LOTTERY))
    }
    const calm = await this.#calmProcess()
    await settle(this.#world, calm, this.#client)
    await checkEnd(this.#world, calm)
  }

  /** Ends the process for good. */
  async close(): Promise<void> {
    await this.#process?.bury()
    this.#process = undefined
  }

  async #take(step: Step): Promise<void> {
    const process = this.#process
    if (!process) throw new Error('no process runs')
    try {
      await this.#perform(step, process)
    } catch (thrown) {
      this.#judge(step, thrown, process)
    }
    await process.settled()
    const [hopeless] = this.#world.hopeless
    if (hopeless) throw new Error(`${step} left an error that nothing mends`, { cause: hopeless })
    await this.#live.check(this.#world)
    if (process.gate.isDead) await this.#restart()
    else this.#live.note(this.#world, process)
  }

  /** An error that may pass is met by doing it again later, as the scheduler does; anything else is a bug. */
  #judge(step: Step, thrown: unknown, { gate }: Pipeline): void {
    if (gate.isDead) return
    const mayPass = thrown instanceof TidemarkError && thrown.retriable
    if (!mayPass) throw new Error(`${step} failed`, { cause: thrown })
    this.#world.note(`${step}: ${thrown.message}`)
    // An error in a reader ends its subscription, and with it the process.
    if (step === 'readSpeed' || step === 'readArchive' || step === 'rebalance') gate.kill()
  }

  async #perform(step: Step, process: Pipeline): Promise<void> {
    const world = this.#world
    const { random } = world
    const partition = random.whole(0, world.partitions - 1)
    switch (step) {
      case 'send':
        return sendRequest(world, process, this.#client)
      case 'readSpeed':
        if (this.#sluggish === 'speed' && random.chance(0.85)) return
        await process.reading.speed.step(partition, random.whole(1, 12))
        return
      case 'readArchive':
        if (this.#sluggish === 'archive' && random.chance(0.85)) return
        await process.reading.archive.step(partition, random.whole(1, 20))
        return
      case 'flushProvisional':
        return process.speed.flushProvisional()
      case 'followClock':
        return process.speed.followClock()
      case 'flushArchive':
        return random.chance(0.5) ? process.archive.flushDue() : process.archive.flush()
      case 'seal': {
        const { sealed } = await process.work.sealReady()
        for (const startMs of sealed) {
          world.note(`sealed ${minuteOf(startMs)}`)
          await this.#audit(process, startMs)
        }
        return
      }
      case 'recompute':
        for (const startMs of await process.work.dirtyReady()) {
          const { generation, epoch } = await process.work.recomputeBlock(startMs)
          world.note(`recomputed ${minuteOf(startMs)}: generation ${generation}, epoch ${epoch}`)
          await this.#audit(process, startMs)
        }
        return
      case 'audit':
        return this.#audit(
          process,
          Math.floor((world.nowMs - random.whole(0, 6) * MINUTE_MS) / world.settings.blockMs) * world.settings.blockMs,
        )
      case 'sweep':
        await process.work.sweep()
        return
      case 'query':
        return checkQuery(world, process, this.#kept)
      case 'rebalance': {
        const reading = random.chance(0.6) ? process.reading.speed : process.reading.archive
        await reading.revoke(partition)
        await reading.assign(partition)
        return
      }
      case 'damage':
        return damageRecord(world, partition)
      case 'trimLive':
        return process.live.trim(world.nowMs - random.whole(1, 8) * MINUTE_MS)
      case 'loseLive':
        return world.live.lose()
      case 'evictLive':
        return world.live.evict(Math.floor((world.nowMs - random.whole(0, 4) * MINUTE_MS) / WINDOW_MS) * WINDOW_MS)
      case 'kill':
        return process.gate.kill()
    }
  }

  /** The only right number of unexplained differences is 0, at any time. */
  async #audit(process: Pipeline, startMs: number): Promise<void> {
    const { pending, audited } = await auditStrictly(this.#world, process, startMs)
    this.#world.note(
      `audit of ${minuteOf(startMs)}: ${pending ? 'too early' : audited ? 'clean' : 'nothing to compare'}`,
    )
  }

  async #calmProcess(): Promise<Pipeline> {
    this.#world.note('the faults end')
    await this.#process?.bury()
    this.#process = undefined
    await this.#restart(true)
    if (!this.#process) throw new Error('no process runs')
    return this.#process
  }

  async #restart(calm = false): Promise<void> {
    for (let tries = 0; ; tries++) {
      await this.#process?.bury()
      this.#process = undefined
      const { gate, bury, started } = await startPipeline(this.#world, calm ? CALM : this.#rates(tries))
      try {
        this.#process = await started
        this.#sluggish = this.#world.random.pick(['speed', 'archive', undefined, undefined])
        await this.#assignAll(this.#process)
        this.#world.note(`process ${++this.lives} runs`)
        return
      } catch (thrown) {
        await bury()
        this.#process = undefined
        if (!(thrown instanceof Crash) && !(gate.isDead || (thrown instanceof TidemarkError && thrown.retriable))) {
          throw new Error('the process does not start', { cause: thrown })
        }
        this.#world.nowMs += 1000
      }
    }
  }

  async #assignAll({ reading }: Pipeline): Promise<void> {
    for (let partition = 0; partition < this.#world.partitions; partition++) {
      await reading.speed.assign(partition)
      await reading.archive.assign(partition)
    }
  }

  /** Some lives are quiet, some are short, and a process that died at its start gets a better one. */
  #rates(tries: number): FaultRates {
    const { random } = this.#world
    if (tries > 3) return { crashWithin: 400, failing: 0, failuresInARow: 0, slow: 0 }
    return {
      crashWithin: random.pick([0, 60, 300, 900]),
      failing: random.pick([0, 0.01, 0.04]),
      failuresInARow: random.whole(0, 6),
      slow: random.pick([0, 0.01]),
    }
  }
}

function minuteOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(11, 16)
}
