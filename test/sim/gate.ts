import { type ErrorCode, TidemarkError } from '../../schemas/errors.js'
import type { Random } from './random.js'

/** Thrown into a process that has died: it can touch nothing outside any more. */
export class Crash extends Error {
  constructor() {
    super('the simulated process is dead')
  }
}

/** What a process reaches the outside through. */
export type PortName = 'log' | 'hot' | 'live' | 'objects' | 'catalog' | 'sleep'

/** How rough the world is. */
export interface FaultRates {
  /** The process dies at a call drawn evenly from 1 to this; 0: it lives on. */
  crashWithin: number
  /** Probability that a call finds its store failing. */
  failing: number
  /** Most calls in a row that a failing store refuses. */
  failuresInARow: number
  /** Probability that a call takes seconds. */
  slow: number
}

/** A world without faults. */
export const CALM: FaultRates = { crashWithin: 0, failing: 0, failuresInARow: 0, slow: 0 }

const UNAVAILABLE: Readonly<Record<Exclude<PortName, 'sleep'>, ErrorCode>> = {
  log: 'TM_LOG_UNAVAILABLE',
  hot: 'TM_HOTSTORE_UNAVAILABLE',
  live: 'TM_LIVEVIEW_UNAVAILABLE',
  objects: 'TM_OBJECT_UNAVAILABLE',
  catalog: 'TM_CATALOG_UNAVAILABLE',
}

/**
 * The one way from a simulated process to the outside. Each call passes here, and here the seed decides whether it
 * happens, fails before or after it happened, takes its time, or is the last thing the process ever did.
 */
export class Gate {
  isDead = false
  calls = 0
  readonly #random: Random
  readonly #rates: FaultRates
  readonly #crashAt: number
  readonly #crashAfter: boolean
  readonly #passTime: (ms: number) => void
  readonly #refusals = new Map<PortName, number>()
  readonly #onDeath: () => void

  constructor(options: { random: Random; rates: FaultRates; passTime: (ms: number) => void; onDeath: () => void }) {
    this.#random = options.random
    this.#rates = options.rates
    this.#passTime = options.passTime
    this.#onDeath = options.onDeath
    this.#crashAt =
      options.rates.crashWithin > 0 ? this.#random.whole(1, options.rates.crashWithin) : Number.POSITIVE_INFINITY
    this.#crashAfter = this.#random.chance(0.5)
  }

  /**
   * Makes a call to the outside, or what the seed has in store for it.
   * @param risk how many times more often than others it fails
   * @throws Crash, and the port's error
   */
  async pass<T>(port: PortName, call: () => Promise<T>, risk = 1): Promise<T> {
    if (this.isDead) throw new Crash()
    const isLast = ++this.calls === this.#crashAt
    if (isLast && !this.#crashAfter) this.#die()
    const failure = port === 'sleep' ? undefined : this.#failure(port, risk)
    if (this.#rates.slow > 0 && this.#random.chance(this.#rates.slow)) this.#passTime(this.#random.whole(500, 12_000))
    if (failure === 'before') throw unavailable(port)
    const result = await call()
    if (this.isDead) throw new Crash()
    if (isLast) this.#die()
    if (failure === 'after') throw unavailable(port)
    return result
  }

  /** Kills the process here and now. */
  kill(): void {
    if (this.isDead) return
    this.isDead = true
    this.#onDeath()
  }

  #die(): never {
    this.kill()
    throw new Crash()
  }

  /** Whether this call finds its store failing: before it did what was asked, or after, when the answer was lost. */
  #failure(port: PortName, risk: number): 'before' | 'after' | undefined {
    const { failing, failuresInARow } = this.#rates
    const left = this.#refusals.get(port) ?? 0
    if (left > 0) {
      this.#refusals.set(port, left - 1)
      return 'before'
    }
    if (failing === 0 || !this.#random.chance(failing * risk)) return undefined
    this.#refusals.set(port, this.#random.whole(0, failuresInARow))
    return this.#random.chance(0.5) ? 'before' : 'after'
  }
}

function unavailable(port: PortName): TidemarkError {
  if (port === 'sleep') throw new Error('sleeping does not fail')
  return new TidemarkError(UNAVAILABLE[port], { key: '(simulated)', reason: 'simulated' })
}

/** Methods that give a stream: the call is made when the first piece is asked for. */
const STREAMS: ReadonlySet<PropertyKey> = new Set(['read', 'list'])

/** A port behind the gate; everything else about it stays as it is. */
export function gated<T extends object>(port: T, name: PortName, gate: Gate): T {
  return new Proxy(port, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target)
      if (typeof member !== 'function') return member
      const call = (args: unknown[]): unknown => Reflect.apply(member, target, args)
      if (STREAMS.has(key))
        return (...args: unknown[]) => gatedStream(() => call(args) as AsyncIterable<unknown>, name, gate)
      return (...args: unknown[]) => gate.pass(name, async () => call(args))
    },
  })
}

async function* gatedStream(open: () => AsyncIterable<unknown>, name: PortName, gate: Gate): AsyncGenerator<unknown> {
  await gate.pass(name, async () => undefined)
  yield* open()
}
