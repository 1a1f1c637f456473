import { TidemarkError } from '../errors.js'
import { type ChannelConfig, wrongAddress } from './channels.js'
import { parseDuration } from './duration.js'
import type { OnCallConfig } from './on-call.js'
import type { Config } from './schema.js'

/** What is wrong with a setting, and what to do; undefined if nothing is. */
type Fault = readonly [key: string, reason: string, fix: string] | undefined

/** Rules between settings of how people are told, and who. @throws TM_CONFIG */
export function checkNotify({ channels, on_call, ...alerting }: Config['alerting']): void {
  const faults = [
    linkFault(alerting),
    ...Object.entries(channels).map(([name, channel]) => channelFault(name, channel)),
    ...Object.entries(on_call).map(([name, schedule]) => scheduleFault(name, schedule)),
  ]
  for (const fault of faults) if (fault) throw asError(fault)
}

function linkFault({ external_url, signing_key, link_lifetime, notify_timeout }: Partial<Config['alerting']>): Fault {
  if (signing_key && !external_url) {
    return [
      'alerting.external_url',
      'it is empty, though alerting.signing_key is set',
      'say where people reach this Tidemark',
    ]
  }
  for (const [key, text] of Object.entries({ link_lifetime, notify_timeout })) {
    if (parseDuration(text ?? '0') === 0) return [`alerting.${key}`, 'it is 0', 'write a duration above 0, such as 10s']
  }
  return undefined
}

function channelFault(name: string, channel: ChannelConfig): Fault {
  const key = `alerting.channels.${name}`
  const part = wrongAddress(channel)
  if (part !== undefined) return [`${key}.${part}`, 'it is no address', 'write http(s)://host/path']
  if (channel.kind === 'slack') {
    const { webhook_url, bot_token, channel: room } = channel
    if ((webhook_url === undefined) === (bot_token === undefined)) {
      return [`${key}.bot_token`, 'one of webhook_url and bot_token is needed', 'give either, not both']
    }
    if (bot_token !== undefined && room === undefined && !name.startsWith('slack:')) {
      return [`${key}.channel`, 'it is missing', 'name a Slack channel, or call this one slack:#channel']
    }
  }
  if (channel.kind === 'email' && (channel.username === undefined) !== (channel.password === undefined)) {
    return [`${key}.password`, 'user and password belong together', 'give both or none']
  }
  return undefined
}

function scheduleFault(name: string, { time_zone, layers, overrides }: OnCallConfig): Fault {
  const key = `alerting.on_call.${name}`
  if (!isTimeZone(time_zone))
    return [`${key}.time_zone`, `"${time_zone}" is not known`, 'use a name such as Europe/Berlin']
  if (layers[0].restrictions.length > 0) {
    const fix = 'put a layer without restrictions before it'
    return [`${key}.layers.0.restrictions`, 'the first layer has some, so that at times nobody would be on call', fix]
  }
  const wrongStart = layers.findIndex(({ start }) => !isDate(start))
  if (wrongStart >= 0) {
    return [
      `${key}.layers.${wrongStart}.start`,
      `there is no ${layers[wrongStart].start}`,
      'write a date of the calendar',
    ]
  }
  const wrongOverride = overrides.findIndex(({ from, to }) => !(Date.parse(from) < Date.parse(to)))
  if (wrongOverride < 0) return undefined
  return [`${key}.overrides.${wrongOverride}.from`, 'it is not a time before `to`', 'write two times of the calendar']
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

function isDate(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}

function asError([key, reason, fix]: NonNullable<Fault>): TidemarkError {
  return new TidemarkError('TM_CONFIG', { key, reason, fix })
}
