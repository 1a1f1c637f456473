import type { ChannelConfig } from '../../../../schemas/config/channels.js'
import type { Section } from './section.js'

/** A channel as it is written in a config: with the defaults of its kind where nothing is said. */
export type ChannelText = { kind: ChannelConfig['kind'] } & Record<string, unknown>

/** A way to reach people as Alertmanager's file has it. @param global defaults for all of them */
export type ReadIntegration = (one: Section, global: Section, receiver: string) => ChannelText

/** What counts in the place of templates. */
export const OWN_WORDS = 'messages are written by Tidemark'
/** What counts in the place of times of their own. */
export const OWN_TIMEOUT = 'alerting.notify_timeout counts'
