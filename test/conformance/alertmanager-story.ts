import { heldAlert } from '../../alerting/dispatch/alert.js'
import type { DispatchConfig, Receiver } from '../../alerting/dispatch/config/dispatch-config.js'
import { readDispatchConfig } from '../../alerting/dispatch/config/read-config.js'
import { Dispatcher, type DueFlush } from '../../alerting/dispatch/dispatcher.js'
import type { DispatchedAlert } from '../../alerting/dispatch/flush.js'
import { Mutes } from '../../alerting/dispatch/mutes.js'
import { NotificationLog } from '../../alerting/dispatch/notification-log.js'
import { expiredSilence, type Silence, setSilence } from '../../alerting/dispatch/silence.js'
import type { Matcher } from '../../schemas/series/matcher.js'

/** An alert of a story; times in seconds from its start. */
export interface StoryAlert {
  labels: Record<string, string>
  annotations?: Record<string, string>
  startsAt?: number
  endsAt?: number
}

interface StorySilence {
  id: string
  at: number
  startsAt: number
  endsAt: number
  matchers: { name: string; value: string; isRegex: boolean; isEqual?: boolean }[]
  deleteAt?: number
}

interface Webhook {
  id: string
  send_resolved?: boolean
  timeout?: string | number
}

/** What happens to Alertmanager, and what it is to tell. Times in seconds. */
export interface Story {
  name: string
  tolerance: number
  config: { receivers: { name: string; webhooks?: Webhook[] }[] }
  pushes?: { at: number; alerts: StoryAlert[] }[]
  silences?: StorySilence[]
  reloads?: number[]
  startDelay?: number | string
  faults?: { webhook: string; until: number; kind: 'drop' | 'slow'; delay?: number }[]
  instances?: number | number[]
  wants: { webhook: string; from: number; to: number; alerts: StoryAlert[] }[]
}

/** A notification that reached a webhook; time in seconds. */
export interface Received {
  webhook: string
  at: number
  alerts: readonly DispatchedAlert[]
}

/** Peers wait this long for one another, ms: the program's default. */
const PEER_WAIT_MS = 15_000
/** Webhooks that name no time wait as long as the round lasts. */
const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 }

/** Drives as many dispatchers as peers through the story on a clock of its own. @returns what left them */
export function tellStory(story: Story, instances: number): Received[] {
  return new Telling(story, instances).run()
}

class Telling {
  readonly #story: Story
  readonly #config: DispatchConfig
  readonly #mutes = new Mutes()
  readonly #silences = new Map<string, Silence>()
  readonly #dispatchers: Dispatcher[]
  readonly #received: Received[] = []
  /** What happens next, by its time. */
  #events: { atMs: number; act: () => void; dispatcher?: Dispatcher }[] = []

  constructor(story: Story, instances: number) {
    this.#story = story
    this.#config = readDispatchConfig(JSON.stringify(fileOf(story)), story.name)
    const webhooks = new Map(
      story.config.receivers.flatMap(({ webhooks = [] }) => webhooks.map((one) => [one.id, one])),
    )
    const log = new NotificationLog()
    const sendsResolved = (name: string) => webhooks.get(name)?.send_resolved !== false
    const startsMs = secondsMs(story.startDelay ?? 0)
    this.#dispatchers = Array.from({ length: instances }, (_, position) => {
      const options = {
        mutes: this.#mutes,
        log,
        startsMs,
        waitMs: position * PEER_WAIT_MS,
        targetsOf: ({ channels = [] }: Receiver) =>
          channels.map((name) => ({ name, sendsResolved: sendsResolved(name) })),
      }
      return new Dispatcher(this.#config, options, 0)
    })
    this.#plan(story)
    this.#timeouts = new Map(
      [...webhooks].map(([id, { timeout }]) => [id, timeout === undefined ? Infinity : secondsMs(timeout)]),
    )
  }

  readonly #timeouts: ReadonlyMap<string, number>

  run(): Received[] {
    const endMs = Math.max(...this.#story.wants.map(({ to }) => secondsMs(to)))
    for (;;) {
      const ticks = this.#dispatchers.map((dispatcher) => dispatcher.nextMs() ?? Number.POSITIVE_INFINITY)
      this.#events.sort((a, b) => a.atMs - b.atMs)
      const nowMs = Math.min(this.#events[0]?.atMs ?? Number.POSITIVE_INFINITY, ...ticks)
      if (nowMs > endMs) return this.#received
      // What comes at the same moment as a look at a group was there before it.
      if (this.#events[0]?.atMs === nowMs) this.#events.shift()?.act()
      else this.#tick(nowMs)
    }
  }

  #plan({ pushes = [], silences = [], reloads = [] }: Story): void {
    for (const { at, alerts } of pushes) this.#at(at, (nowMs) => this.#push(alerts, nowMs))
    for (const silence of silences) {
      this.#at(silence.at, (nowMs) => this.#silence(silence, nowMs))
      if (silence.deleteAt === undefined) continue
      this.#at(silence.deleteAt, (nowMs) => {
        this.#setSilences([expiredSilence(this.#silences.get(silence.id)!, nowMs)])
      })
    }
    for (const at of reloads) this.#at(at, (nowMs) => this.#reload(nowMs))
  }

  #at(seconds: number, act: (nowMs: number) => void): void {
    const atMs = secondsMs(seconds)
    this.#events.push({ atMs, act: () => act(atMs) })
  }

  #push(alerts: readonly StoryAlert[], nowMs: number): void {
    for (const dispatcher of this.#dispatchers) {
      for (const { labels, annotations = {}, startsAt, endsAt } of alerts) {
        const times = {
          startsMs: startsAt === undefined ? undefined : secondsMs(startsAt),
          endsMs: endsAt === undefined ? undefined : secondsMs(endsAt),
        }
        dispatcher.put(heldAlert({ labels, annotations, ...times }, nowMs, this.#config.resolveTimeoutMs), nowMs)
      }
    }
  }

  #silence({ id, startsAt, endsAt, matchers }: StorySilence, nowMs: number): void {
    const wanted = {
      matchers: matchers.map(matcherOf),
      startsMs: secondsMs(startsAt),
      endsMs: secondsMs(endsAt),
      createdBy: 'story',
      comment: '',
    }
    this.#setSilences(setSilence(wanted, undefined, nowMs, id))
  }

  #setSilences(silences: readonly Silence[]): void {
    for (const silence of silences) this.#silences.set(silence.id, silence)
    this.#mutes.setSilences([...this.#silences.values()])
  }

  #reload(nowMs: number): void {
    for (const dispatcher of this.#dispatchers) dispatcher.reload(this.#config, nowMs)
    // What is on its way is given up.
    this.#events = this.#events.filter(({ dispatcher }) => dispatcher === undefined)
  }

  #tick(nowMs: number): void {
    for (const dispatcher of this.#dispatchers) {
      for (const due of dispatcher.tick(nowMs)) this.#send(dispatcher, due, nowMs)
    }
  }

  /** A request to a webhook: answered at once, late, never, or answered and lost. */
  #send(dispatcher: Dispatcher, due: DueFlush, nowMs: number): void {
    const { target, flush } = due
    const fault = this.#story.faults?.find(({ webhook, until }) => webhook === target && nowMs < secondsMs(until))
    const answerMs = nowMs + (fault?.kind === 'slow' ? secondsMs(fault.delay ?? 0) : 0)
    const patienceMs = Math.min(nowMs + (this.#timeouts.get(target) ?? Infinity), due.deadlineMs)
    const isLost = fault?.kind === 'drop'
    const act = () => {
      if (answerMs > patienceMs) return dispatcher.failed(due, patienceMs)
      if (!isLost) this.#received.push({ webhook: target, at: answerMs / 1000, alerts: flush.alerts })
      dispatcher.confirmed(due, answerMs)
    }
    if (answerMs === nowMs) act()
    else this.#events.push({ atMs: Math.min(answerMs, patienceMs), act, dispatcher })
  }
}

/** The configuration as we read it: webhooks are channels. */
function fileOf({ config }: Story) {
  return {
    ...config,
    receivers: config.receivers.map(({ name, webhooks = [] }) => ({
      name,
      channels: webhooks.map(({ id }) => id),
    })),
  }
}

function matcherOf({ name, value, isRegex, isEqual = true }: StorySilence['matchers'][number]): Matcher {
  const op = isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!='
  return { name, op, value }
}

/** Seconds, or a text such as `500ms`, in whole ms. */
function secondsMs(time: number | string): number {
  if (typeof time === 'number') return Math.round(time * 1000)
  const [, digits, unit] = /^([\d.]+)(ms|s|m)$/.exec(time) ?? []
  if (digits === undefined) throw new Error(`the story has a time that is not understood: ${time}`)
  return Math.round(Number(digits) * UNITS_MS[unit])
}
