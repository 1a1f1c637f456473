import type { ChannelConfig } from '../../schemas/config/channels.js'
import type { Config } from '../../schemas/config/schema.js'
import { createChannel } from './create-channel.js'
import type { HttpParts } from './http.js'
import { Pace } from './pace.js'
import type { PacedChannel } from './sender.js'

type Channels = Readonly<Record<string, ChannelConfig>>

/** A channel as it is told: nothing of it is secret. */
export interface ToldChannel {
  name: string
  kind: ChannelConfig['kind']
  /** Where messages go, as far as it may be known. */
  target: string
  perMinute: number
  burst: number
}

interface OpenChannel extends PacedChannel {
  /** What it was opened with, as text. */
  text: string
}

/** The channels of the config, and those that the routes of alerts bring along, which may change. */
export class ChannelBook {
  readonly #own: Channels
  readonly #publicUrl: string
  readonly #parts: HttpParts
  readonly #ofRoutes: () => Channels
  #open = new Map<string, OpenChannel>()
  #followed: Channels | undefined

  /**
   * @param parts with a fetch that is guarded: addresses may be anyone's
   * @param ofRoutes the same object as long as nothing changed
   */
  constructor(
    { channels, external_url }: Pick<Config['alerting'], 'channels' | 'external_url'>,
    parts: HttpParts,
    ofRoutes: () => Channels = () => ({}),
  ) {
    this.#own = channels
    this.#publicUrl = external_url
    this.#parts = parts
    this.#ofRoutes = ofRoutes
  }

  get(name: string): PacedChannel | undefined {
    return this.#current().get(name)
  }

  has(name: string): boolean {
    return this.#current().has(name)
  }

  told(): ToldChannel[] {
    return Object.entries({ ...this.#ofRoutes(), ...this.#own }).map(([name, config]) => {
      const { kind, per_minute: perMinute, burst } = config
      return { name, kind, target: targetOf(name, config), perMinute, burst }
    })
  }

  /** Channels that are as they were keep their pace. */
  #current(): Map<string, OpenChannel> {
    const ofRoutes = this.#ofRoutes()
    if (ofRoutes === this.#followed) return this.#open
    const entries = Object.entries({ ...ofRoutes, ...this.#own })
    this.#open = new Map(entries.map(([name, config]) => [name, this.#opened(name, config)]))
    this.#followed = ofRoutes
    return this.#open
  }

  #opened(name: string, config: ChannelConfig): OpenChannel {
    const text = JSON.stringify(config)
    const known = this.#open.get(name)
    if (known?.text === text) return known
    const pace = new Pace({ perMinute: config.per_minute, burst: config.burst })
    const channel = createChannel(name, config, this.#publicUrl, this.#parts)
    return { channel, pace, tellsEnd: config.send_resolved !== false, text }
  }
}

function targetOf(name: string, config: ChannelConfig): string {
  switch (config.kind) {
    case 'slack':
      return config.webhook_url === undefined
        ? `${config.channel ?? name.replace(/^slack:/, '')} by a bot`
        : `an incoming webhook at ${new URL(config.webhook_url).host}`
    case 'email':
      return `${config.to.join(', ')} through ${config.host}:${config.port}`
    case 'teams':
      return new URL(config.webhook_url).host
    default:
      return new URL(config.url).host
  }
}
