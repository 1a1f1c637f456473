import { asTidemarkError } from '../../schemas/errors.js'
import type { Logger } from '../../schemas/ports/logger.js'
import type { Clock } from '../../schemas/time.js'
import type { Channel, Delivery, Message } from './channel.js'
import type { Outbox, QueuedMessage } from './outbox.js'
import type { Pace } from './pace.js'
import { patience } from './patience.js'
import { backoff, type Settlement, settle } from './retry.js'

/** A channel, and how fast it takes messages. */
export interface PacedChannel {
  channel: Channel
  pace: Pace
  /** False where nobody wants to hear that an incident is over. */
  tellsEnd?: boolean
}

/** Told of what becomes of messages. */
export interface SenderObserver {
  sent(channel: string, waitedMs: number): void
  /** It is tried again. */
  failed(channel: string): void
  dead(channel: string): void
}

/** What a sender works with. */
export interface SenderParts {
  outbox: Outbox
  channels: Pick<ReadonlyMap<string, PacedChannel>, 'get'>
  /** The last touch before a message is sent: its links. */
  complete: (message: Message) => Message
  observer: SenderObserver
  logger: Logger
  clock: Clock
  /** In [0, 1). */
  random: () => number
}

/** How a sender goes about it. */
export interface SenderSettings {
  /** Messages on their way at once. */
  concurrency: number
  /** A channel that takes longer has not taken a message, ms. */
  timeoutMs: number
  /** A message that nobody took for this long is given up, ms. */
  giveUpMs: number
  /** The outbox is looked into this often while it is empty, ms. */
  pollMs: number
}

/** Until it is known what became of a message nobody else takes it: its attempt, and writing down how it went. */
const SETTLE_MS = 30_000
/** What could not be written down is tried again after so long at most, ms. */
const NOTE_AGAIN_MS = 1000
/** An outbox that could not be read is looked at again after so long at most, ms. */
const READ_AGAIN_MS = 2000
/** After it was away for long, everyone first has the time to write down what they had sent, ms. */
const OTHERS_NOTE_MS = 3 * NOTE_AGAIN_MS

/** A message in hand, which nobody else takes until then, ms since epoch. */
type TakenMessage = QueuedMessage & { untilMs: number }

/** Takes messages from the outbox and sends them, at least once each, those of an incident and channel in their order. */
export class Sender {
  readonly #parts: SenderParts
  readonly #settings: SenderSettings
  /** What is done with messages in hand, by incident and channel: the last of each. */
  readonly #lanes = new Map<string, Promise<boolean>>()
  /** Keys of messages in hand. */
  readonly #inHand = new Set<string>()
  #stopping = false
  #loop: Promise<void> | undefined
  /** Set by a wake that nobody was waiting for. */
  #isWoken = false
  #endPause: () => void = () => undefined

  constructor(parts: SenderParts, settings: SenderSettings) {
    this.#parts = parts
    this.#settings = settings
  }

  start(): void {
    this.#loop ??= this.#run()
  }

  /** Looks into the outbox at once: something was put there. */
  wake(): void {
    this.#isWoken = true
    this.#endPause()
  }

  /** Takes no more messages, and resolves once it is written down what became of those in hand. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.wake()
    await this.#loop
    await Promise.all(this.#lanes.values())
  }

  async #run(): Promise<void> {
    let failures = 0
    let failedMs = 0
    while (!this.#stopping) {
      try {
        if (failures > 0) await this.#letOthersNote(failedMs)
        const free = this.#settings.concurrency - this.#inHand.size
        const taken = free > 0 ? await this.#take(free) : 0
        failures = 0
        // A full hand may mean that there is more; whoever finishes wakes the loop.
        if (free === 0 || taken < free) await this.#pause(this.#settings.pollMs)
      } catch (thrown) {
        const { code, message } = asTidemarkError(thrown)
        this.#parts.logger.warn({ code }, `the outbox cannot be read: ${message}`)
        if (failures === 0) failedMs = this.#parts.clock()
        await this.#pause(Math.min(backoff(failures++, this.#parts.random), READ_AGAIN_MS))
      }
    }
  }

  /**
   * Once an outbox that was away for longer than messages are reserved can be read again, what somebody has sent but could
   * not write down is anyone's.
   */
  async #letOthersNote(failedMs: number): Promise<void> {
    const { outbox, clock } = this.#parts
    await outbox.take(0, clock(), 0)
    const untilMs = clock() + OTHERS_NOTE_MS
    if (clock() - failedMs < SETTLE_MS) return
    while (!this.#stopping && clock() < untilMs) await this.#pause(untilMs - clock())
  }

  async #take(limit: number): Promise<number> {
    const { outbox, clock } = this.#parts
    const leaseMs = this.#settings.timeoutMs + SETTLE_MS
    const untilMs = clock() + leaseMs
    const queued = await outbox.take(limit, clock(), leaseMs)
    // What is still in hand was sent: all that is missing is the note.
    const others = queued.filter(({ message }) => !this.#inHand.has(message.key))
    for (const one of others) this.#enqueue({ ...one, untilMs })
    return queued.length
  }

  /** Behind what is in hand for the same incident and channel. */
  #enqueue(queued: TakenMessage): void {
    const { key } = queued.message
    const lane = `${queued.channel}\0${queued.message.incident.incidentId}`
    const before = this.#lanes.get(lane) ?? Promise.resolve(true)
    this.#inHand.add(key)
    const work = before
      .then((isClear) => this.#handle(queued, isClear))
      .catch((thrown) => {
        const { code, message } = asTidemarkError(thrown)
        this.#parts.logger.warn({ code, channel: queued.channel }, `a message was not dealt with: ${message}`)
        return false
      })
      .finally(() => {
        this.#inHand.delete(key)
        if (this.#lanes.get(lane) === work) this.#lanes.delete(lane)
        this.wake()
      })
    this.#lanes.set(lane, work)
  }

  /** @returns whether the next message of its incident and channel may be sent */
  async #handle(queued: TakenMessage, isClear: boolean): Promise<boolean> {
    const { channel: name, message, untilMs } = queued
    const { clock, channels, outbox } = this.#parts
    const nowMs = clock()
    // Whoever was halted for so long has it no more: somebody else may be sending it.
    if (nowMs + this.#settings.timeoutMs > untilMs) return false
    const paced = channels.get(name)
    if (!paced) return this.#write(queued, { outcome: 'bury', reason: `there is no channel "${name}"` })
    const postponed = (dueMs: number, reason: string) => outbox.postpone(message.key, dueMs, reason)
    if (!isClear || this.#stopping) {
      await postponed(
        nowMs + this.#settings.pollMs,
        this.#stopping ? 'stopped before it was sent' : 'an earlier one waits',
      )
      return false
    }
    if (message.action === 'resolve' && paced.tellsEnd === false) {
      await this.#persistently(queued, () => outbox.withdraw(message.key))
      return true
    }
    const placeMs = paced.pace.admit(message.key, nowMs)
    if (placeMs !== undefined) {
      await postponed(placeMs, 'the channel has reached its rate')
      return false
    }
    const delivery = await this.#send(paced.channel, message)
    if (delivery.outcome === 'later' && delivery.retryAfterMs !== undefined) {
      paced.pace.pause(clock() + delivery.retryAfterMs)
    }
    const attempt = { ...queued, nowMs: clock(), giveUpMs: this.#settings.giveUpMs }
    return this.#write(queued, settle(delivery, attempt, this.#parts.random))
  }

  async #send(channel: Channel, message: Message): Promise<Delivery> {
    const { signal, end } = patience(this.#settings.timeoutMs)
    try {
      return await channel.send(this.#parts.complete(message), signal)
    } catch (thrown) {
      // A channel that breaks its word must not keep others waiting.
      return { outcome: 'later', reason: asTidemarkError(thrown).message }
    } finally {
      end()
    }
  }

  async #write(queued: TakenMessage, settlement: Settlement): Promise<boolean> {
    const { outbox, observer, logger, clock } = this.#parts
    const { channel, message, queuedMs } = queued
    const { key } = message
    const nowMs = clock()
    switch (settlement.outcome) {
      case 'delivered':
        observer.sent(channel, nowMs - queuedMs)
        await this.#persistently(queued, () => outbox.delivered(key, settlement.reference, nowMs))
        return true
      case 'postpone':
        observer.failed(channel)
        logger.warn({ channel, key }, `a message is tried again: ${settlement.reason}`)
        await this.#persistently(queued, () => outbox.failed(key, settlement.dueMs, settlement.reason, nowMs))
        return false
      case 'bury':
        observer.dead(channel)
        logger.error({ channel, key }, `a message is given up: ${settlement.reason}`)
        await this.#persistently(queued, () => outbox.bury(key, settlement.reason, nowMs))
        return true
    }
  }

  /**
   * What is not written down is done again, so it is tried as long as the process runs. One that is to stop does not wait
   * for longer than the message is reserved.
   */
  async #persistently({ untilMs }: TakenMessage, write: () => Promise<void>): Promise<void> {
    for (let attempts = 0; ; attempts++) {
      try {
        return await write()
      } catch (thrown) {
        const waitMs = Math.min(backoff(attempts, this.#parts.random) / 4, NOTE_AGAIN_MS)
        const isOver = this.#stopping && this.#parts.clock() + waitMs > untilMs
        if (!asTidemarkError(thrown).retriable || isOver) throw thrown
        await new Promise((resolve) => setTimeout(resolve, waitMs))
      }
    }
  }

  /** Until it is woken. */
  async #pause(ms: number): Promise<void> {
    if (!this.#isWoken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms)
        this.#endPause = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    this.#isWoken = false
  }
}
