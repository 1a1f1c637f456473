import { type Static, Type } from '@sinclair/typebox'
import type { FastifyPluginAsync } from 'fastify'
import { TidemarkError } from '../../schemas/errors.js'
import type { Clock } from '../../schemas/time.js'
import type { ChannelBook } from './channel-book.js'
import type { DeadLetters } from './dead-letters.js'
import { testChannel } from './test-channel.js'

const ChannelParameters = Type.Object({ channel: Type.String({ minLength: 1, maxLength: 200 }) })
const DeadParameters = Type.Object({ limit: Type.Integer({ default: 100, minimum: 1, maximum: 10_000 }) })
const RetryBody = Type.Object(
  {
    keys: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), { maxItems: 1000, description: 'left out: all that there are' }),
    ),
  },
  { additionalProperties: false },
)

/** What the routes work with. */
export interface NotifyRoutesParts {
  channels: ChannelBook
  dead: DeadLetters
  clock: Clock
}

/** `/api/v1/notify`: channels and whether they work, messages that were given up. */
export function notifyPlugin({ channels, dead, clock }: NotifyRoutesParts): FastifyPluginAsync {
  return async (app) => {
    app.get('/api/v1/notify/channels', async () => success(channels.told()))

    app.post<{ Params: Static<typeof ChannelParameters> }>(
      '/api/v1/notify/channels/:channel/test',
      { schema: { params: ChannelParameters } },
      async ({ params: { channel: name } }) => {
        const told = channels.told()
        const found = told.find((one) => one.name === name)
        const paced = channels.get(name)
        if (!found || !paced) {
          const known = told.map((one) => one.name).join(', ') || '(none)'
          throw new TidemarkError('TM_CHANNEL_UNKNOWN', { channel: name, known })
        }
        return success(await testChannel({ name, kind: found.kind, channel: paced.channel }, clock))
      },
    )

    app.get<{ Querystring: Static<typeof DeadParameters> }>(
      '/api/v1/notify/dead',
      { schema: { querystring: DeadParameters } },
      async ({ query }) => success(await dead.dead(query.limit)),
    )

    app.post<{ Body: Static<typeof RetryBody> }>(
      '/api/v1/notify/dead/retry',
      { schema: { body: RetryBody } },
      async ({ body }) => success({ retried: await resent(dead, body.keys, clock()) }),
    )
  }
}

async function resent(dead: DeadLetters, keys: readonly string[] | undefined, nowMs: number): Promise<number> {
  if (keys === undefined) return dead.resend(undefined, nowMs)
  let count = 0
  for (const key of new Set(keys)) count += await dead.resend(key, nowMs)
  return count
}

function success(data: unknown) {
  return { status: 'success', data }
}
