import type { ChannelConfig } from '../../schemas/config/channels.js'
import type { Channel } from './channel.js'
import { email } from './email.js'
import type { HttpParts } from './http.js'
import { opsgenie } from './opsgenie.js'
import { pagerDuty } from './pagerduty.js'
import { slack } from './slack.js'
import { teams } from './teams.js'
import { webhook } from './webhook.js'

/** A channel as the config has it. @param name by which rules know it @param publicUrl where people reach this Tidemark */
export function createChannel(name: string, config: ChannelConfig, publicUrl: string, parts: HttpParts): Channel {
  switch (config.kind) {
    case 'pagerduty':
      return pagerDuty(config, parts)
    case 'slack':
      return slack(name, config, parts)
    case 'email':
      return email(config)
    case 'webhook':
      return webhook(config, { name, publicUrl }, parts)
    case 'teams':
      return teams(config, parts)
    case 'opsgenie':
      return opsgenie(config, parts)
  }
}
