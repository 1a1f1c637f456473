import type { ChannelConfig } from '../../schemas/config/channels.js'
import type { Config } from '../../schemas/config/schema.js'
import { createChannel } from './create-channel.js'
import type { HttpParts } from './http.js'
import { Pace } from './pace.js'
import type { PacedChannel } from './sender.js'

/** A channel as it is told: nothing of it is secret. */
export interface ToldChannel {
  name: string
  kind: ChannelConfig['kind']
  /** Where messages go, as far as it may be known. */
  target: string
  perMinute: number
  burst: number
}

/** The channels of the config by their names. @param parts with a fetch that is guarded: addresses may be anyone's */
export function openChannels(alerting: Config['alerting'], parts: HttpParts): Map<string, PacedChannel> {
  const { channels, external_url } = alerting
  return new Map(
    Object.entries(channels).map(([name, config]) => {
      const pace = new Pace({ perMinute: config.per_minute, burst: config.burst })
      return [name, { channel: createChannel(name, config, external_url, parts), pace }]
    }),
  )
}

/** The channels of the config as they are told. */
export function toldChannels({ channels }: Config['alerting']): ToldChannel[] {
  return Object.entries(channels).map(([name, config]) => {
    const { kind, per_minute: perMinute, burst } = config
    return { name, kind, target: targetOf(name, config), perMinute, burst }
  })
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
