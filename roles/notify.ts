import type { FastifyPluginAsync } from 'fastify'
import type { DispatchConfig } from '../alerting/dispatch/config/dispatch-config.js'
import type { Act } from '../alerting/notify/back/act.js'
import { backPlugin } from '../alerting/notify/back/routes.js'
import { ChannelBook } from '../alerting/notify/channel-book.js'
import type { DeadLetters } from '../alerting/notify/dead-letters.js'
import { withLinks } from '../alerting/notify/message-links.js'
import type { Outbox } from '../alerting/notify/outbox.js'
import { notifyPlugin } from '../alerting/notify/routes.js'
import { Sender } from '../alerting/notify/sender.js'
import { onCallPlugin } from '../alerting/on-call/routes.js'
import { parseDuration } from '../schemas/config/duration.js'
import { targetRules } from '../schemas/net/check-target.js'
import { guardedFetch } from '../schemas/net/guarded-fetch.js'
import type { RoleContext } from './context.js'
import type { RoleMetrics } from './metrics/collector.js'
import { NotifyMetrics } from './metrics/notify.js'

/** The outbox is looked into this often; who puts something there wakes the sender too, where it runs in the process. */
const POLL_MS = 500

/** What telling people needs of the process. */
interface Surroundings extends Pick<RoleContext, 'config' | 'clock' | 'logger'> {
  /** The routes of alerts as they stand now: they may bring channels along. */
  routes: () => Pick<DispatchConfig, 'channels'>
}

/** Messages on their way. */
export interface Notifier {
  /** Something was put into the outbox. */
  wake(): void
  /** Once what is on its way has arrived, or has not. */
  stop(): Promise<void>
  metrics: RoleMetrics
}

/** Starts to send what lies in the outbox. */
export function startNotifier({ config, clock, logger, routes }: Surroundings, outbox: Outbox): Notifier {
  const { alerting } = config
  const channels = channelsOf({ config, clock, routes })
  const observer = new NotifyMetrics(channels)
  const links = {
    publicUrl: alerting.external_url,
    signingKey: alerting.signing_key,
    lifetimeMs: parseDuration(alerting.link_lifetime),
    logs: alerting.logs,
  }
  const complete: ConstructorParameters<typeof Sender>[0]['complete'] = (message) => withLinks(message, links, clock())
  const sender = new Sender(
    { outbox, channels, complete, observer, logger, clock, random: Math.random },
    {
      concurrency: alerting.notify_concurrency,
      timeoutMs: parseDuration(alerting.notify_timeout),
      giveUpMs: parseDuration(alerting.notify_give_up_after),
      pollMs: POLL_MS,
    },
  )
  sender.start()
  return { wake: () => sender.wake(), stop: () => sender.stop(), metrics: observer.metrics() }
}

/** What the routes need besides. */
export interface NotifyParts extends Surroundings {
  dead: DeadLetters
  act: Act
}

/** Everything that is asked about telling people, and all that comes back from messages. */
export function notifyRoutes({ config, clock, logger, routes, dead, act }: NotifyParts): FastifyPluginAsync {
  const { alerting } = config
  const kept = Object.values(alerting.channels)
  const slackSecrets = kept.flatMap((one) => (one.kind === 'slack' ? (one.signing_secret ?? []) : []))
  const pagerDutySecrets = kept.flatMap((one) => (one.kind === 'pagerduty' ? (one.webhook_secret ?? []) : []))
  const back = { act, clock, logger, signingKey: alerting.signing_key, slackSecrets, pagerDutySecrets }
  return async (app) => {
    await app.register(notifyPlugin({ channels: channelsOf({ config, clock, routes }), dead, clock }))
    await app.register(backPlugin(back))
    await app.register(onCallPlugin(alerting.on_call, clock))
  }
}

function channelsOf({ config, clock, routes }: Pick<Surroundings, 'config' | 'clock' | 'routes'>): ChannelBook {
  const { alerting, outbound } = config
  const parts = { fetch: guardedFetch(targetRules('webhook', outbound.allow)), clock }
  return new ChannelBook(alerting, parts, () => routes().channels)
}
