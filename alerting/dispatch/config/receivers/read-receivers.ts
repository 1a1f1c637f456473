import { type ChannelConfig, channelConfig } from '../../../../schemas/config/channels.js'
import type { Receiver } from '../dispatch-config.js'
import { Fault } from '../fault.js'
import { INTEGRATIONS } from './integrations.js'
import { Section, type Surroundings } from './section.js'

/** Keys of `global` that say something of services that there is no channel for. */
const OTHER_SERVICES = /^(victorops|wechat|telegram|webex|rocketchat|jira|mattermost)_/

/** A receiver as it stands in the file. */
export interface ReceiverText {
  name: string
  /** Channels of the config by their names. */
  channels?: readonly string[]
  [integrations: `${string}_configs`]: unknown
}

/** Who is told, and the channels that only the file knows. */
export interface ReadReceivers {
  receivers: Receiver[]
  /** By the name of the receiver and their kind. */
  channels: Record<string, ChannelConfig>
}

/**
 * Reads receivers with channels of the config, or with Alertmanager's `*_configs`, which become channels.
 * @param global of the file
 * @throws Fault where somebody would not be called
 */
export function readReceivers(texts: readonly ReceiverText[], global: unknown, around: Surroundings): ReadReceivers {
  const defaults = new Section(global ?? null, 'global', around)
  const channels: Record<string, ChannelConfig> = {}
  // In a file that says by itself how people are reached, a receiver that names no way tells nobody.
  const isWhole = texts.some((text) => Object.keys(text).some((key) => key.endsWith('_configs')))
  const receivers = texts.map((text): Receiver => {
    const own = channelsOf(text, defaults, around)
    for (const [name, config] of own) channels[name] = config
    const names = [...(text.channels ?? []), ...own.map(([name]) => name)]
    return { name: text.name, ...((names.length > 0 || isWhole) && { channels: names }) }
  })
  checkGlobal(defaults)
  return { receivers, channels }
}

function channelsOf(
  text: ReceiverText,
  global: Section,
  around: Surroundings,
): [name: string, config: ChannelConfig][] {
  const found: [string, ChannelConfig][] = []
  for (const key of Object.keys(text).filter((one) => one.endsWith('_configs'))) {
    const where = `receivers.${text.name}.${key}`
    const list = text[key as `${string}_configs`] ?? []
    if (!Array.isArray(list)) throw new Fault(where, 'it is no list', 'write a list')
    const known = INTEGRATIONS[key]
    if (!known && list.length > 0) {
      const kinds = Object.keys(INTEGRATIONS).join(', ')
      throw new Fault(where, 'there is no channel of this kind, and nobody would be called', `use one of ${kinds}`)
    }
    for (const [i, value] of list.entries()) {
      const one = new Section(value, `${where}.${i}`, around)
      const written = known.read(one, global, text.name)
      one.end()
      found.push([`${text.name}/${known.kind}${i > 0 ? `-${i + 1}` : ''}`, configOf(written, one)])
    }
  }
  return found
}

function configOf(written: Parameters<typeof channelConfig>[0], one: Section): ChannelConfig {
  const said = Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined))
  try {
    return channelConfig(said as typeof written)
  } catch (cause) {
    throw new Fault(one.where, (cause as Error).message, 'correct it')
  }
}

/** What is said for all: each key was read where it counts, or is told to have no meaning. */
function checkGlobal(global: Section): void {
  const keys = ['smtp_from', 'smtp_smarthost', 'smtp_auth_username', 'smtp_auth_password', 'smtp_auth_password_file']
  const others = ['smtp_auth_secret', 'smtp_auth_secret_file', 'smtp_require_tls', 'smtp_tls_config', 'http_config']
  const services = ['slack_api_url', 'slack_api_url_file', 'slack_app_token', 'slack_app_token_file', 'slack_app_url']
  const pagers = ['pagerduty_url', 'opsgenie_api_key', 'opsgenie_api_key_file', 'opsgenie_api_url', 'resolve_timeout']
  global.know(...keys, ...others, ...services, ...pagers)
  global.ignore('the name of this machine is said', 'smtp_hello')
  global.ignore('the user speaks for itself', 'smtp_auth_identity')
  global.ignore('there is no channel of this kind', ...global.keys().filter((key) => OTHER_SERVICES.test(key)))
  global.end()
}
