import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { duration } from './fields.js'

const HTTP_URL = '^https?://\\S+$'

const secret = (description: string) => Type.Optional(Type.String({ minLength: 1, description }))
const address = (description: string) => Type.String({ pattern: HTTP_URL, description })
const addressOr = (fallback: string, description: string) =>
  Type.String({ default: fallback, pattern: HTTP_URL, description })

/** What every channel has, whatever its kind. */
const common = (perMinute: number) => ({
  send_resolved: Type.Optional(
    Type.Boolean({ description: 'whether it is told that an incident is over; left out: it is' }),
  ),
  per_minute: Type.Integer({ default: perMinute, minimum: 1, description: 'messages that it takes a minute' }),
  burst: Type.Integer({ default: 10, minimum: 1, description: 'messages that it takes at once' }),
})

const PagerDutySchema = Type.Object(
  {
    kind: Type.Literal('pagerduty'),
    routing_key: Type.String({ minLength: 1, description: 'integration key of an Events API v2 integration' }),
    url: addressOr('https://events.pagerduty.com/v2/enqueue', 'where events go'),
    webhook_secret: secret('of the V3 webhook that tells what people do in PagerDuty'),
    ...common(120),
  },
  { additionalProperties: false },
)

const SlackSchema = Type.Object(
  {
    kind: Type.Literal('slack'),
    webhook_url: Type.Optional(address('an incoming webhook; or give bot_token')),
    bot_token: secret('with the scope chat:write: messages are then updated in place'),
    channel: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'for bot_token; left out: what follows "slack:" in the name. Old webhooks obey it, those of apps do not',
      }),
    ),
    signing_secret: secret('of the app, for its buttons'),
    url: addressOr('https://slack.com/api', 'of the Web API'),
    ...common(60),
  },
  { additionalProperties: false },
)

const EmailSchema = Type.Object(
  {
    kind: Type.Literal('email'),
    to: Type.Array(Type.String({ pattern: '^[^\\s@]+@[^\\s@]+$' }), { minItems: 1, description: 'addresses' }),
    from: Type.String({ minLength: 3, description: 'such as Tidemark <tidemark@example.com>' }),
    host: Type.String({ minLength: 1, description: 'of the SMTP server' }),
    port: Type.Integer({ default: 587, minimum: 1, maximum: 65_535 }),
    encryption: Type.Union(
      [Type.Literal('starttls'), Type.Literal('tls'), Type.Literal('if_offered'), Type.Literal('none')],
      {
        default: 'starttls',
        description:
          'starttls is insisted upon, or done if_offered; tls from the first byte (port 465); none: in clear',
      },
    ),
    username: Type.Optional(Type.String({ minLength: 1 })),
    password: secret('of that user'),
    ...common(60),
  },
  { additionalProperties: false },
)

const WebhookSchema = Type.Object(
  {
    kind: Type.Literal('webhook'),
    url: address('http(s) address that is posted to'),
    format: Type.Union([Type.Literal('tidemark'), Type.Literal('alertmanager')], {
      default: 'tidemark',
      description: 'own JSON, or that of Alertmanager’s webhook receivers',
    }),
    secret: secret('with it every request is signed (HMAC-SHA256)'),
    bearer_token: secret('sent as Authorization: Bearer'),
    authorization: secret('sent as the header Authorization, as it is'),
    headers: Type.Optional(Type.Record(Type.String({ minLength: 1 }), Type.String(), { description: 'further ones' })),
    receiver: Type.Optional(
      Type.String({ description: 'what Alertmanager’s format calls the receiver; left out: the name of the channel' }),
    ),
    ...common(600),
  },
  { additionalProperties: false },
)

const TeamsSchema = Type.Object(
  {
    kind: Type.Literal('teams'),
    webhook_url: address('of a workflow that posts to a channel when a webhook request is received'),
    ...common(60),
  },
  { additionalProperties: false },
)

const ResponderSchema = Type.Object(
  {
    type: Type.Union(['team', 'user', 'escalation', 'schedule'].map((one) => Type.Literal(one))),
    id: Type.Optional(Type.String()),
    name: Type.Optional(Type.String()),
    username: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
)

const OpsgenieSchema = Type.Object(
  {
    kind: Type.Literal('opsgenie'),
    api_key: Type.String({ minLength: 1, description: 'of an API integration' }),
    url: addressOr('https://api.opsgenie.com', 'https://api.eu.opsgenie.com, or what understands the same'),
    responders: Type.Optional(
      Type.Array(ResponderSchema, { description: 'who is called; left out: whom Opsgenie routes to' }),
    ),
    ...common(300),
  },
  { additionalProperties: false },
)

const SCHEMAS = {
  pagerduty: PagerDutySchema,
  slack: SlackSchema,
  email: EmailSchema,
  webhook: WebhookSchema,
  teams: TeamsSchema,
  opsgenie: OpsgenieSchema,
}

/** A way to reach people, by its kind. Values of a record get the defaults of their keys only if they have one themselves. */
const ChannelSchema = Type.Union(
  [PagerDutySchema, SlackSchema, EmailSchema, WebhookSchema, TeamsSchema, OpsgenieSchema],
  { default: {} },
)

export type ChannelConfig = Static<typeof ChannelSchema>
/** The settings of one kind of channel. */
export type ChannelOf<Kind extends ChannelConfig['kind']> = Extract<ChannelConfig, { kind: Kind }>

/** A channel with the defaults of its kind where nothing is said. @throws Error that says what is wrong */
export function channelConfig(written: { kind: ChannelConfig['kind'] }): ChannelConfig {
  const schema = SCHEMAS[written.kind]
  const config = Value.Default(schema, { ...written })
  const wrong = Value.Errors(schema, config).First()
  if (wrong) throw new Error(`${wrong.path.slice(1).replaceAll('/', '.')}: ${wrong.message}`)
  const address = wrongAddress(config as ChannelConfig)
  if (address !== undefined) throw new Error(`${address}: it is no address`)
  return config as ChannelConfig
}

/** The first key of a channel that should be an address and is none. */
export function wrongAddress(channel: ChannelConfig): string | undefined {
  const found = Object.entries(channel).find(([key, text]) => key.endsWith('url') && !URL.canParse(String(text)))
  return found?.[0]
}

/** Keys of `alerting` that say how people are told. */
export const notifyKeys = {
  channels: Type.Record(Type.String({ minLength: 1 }), ChannelSchema, {
    default: {},
    description: 'by the names that rules use: pagerduty:team-a, slack:#alerts',
  }),
  signing_key: Type.String({
    default: '',
    pattern: '^(\\S{16,})?$',
    description: 'at least 16 letters; with it messages have links that acknowledge and resolve',
  }),
  link_lifetime: duration('7d', 'how long such a link can be used'),
  logs: Type.Record(Type.String(), Type.String({ pattern: HTTP_URL }), {
    default: {},
    description:
      'by service (* for all others): address of its logs, with {service}, {host}, {from}, {to} (RFC 3339), {from_ms}, {to_ms}',
  }),
  notify_concurrency: Type.Integer({ default: 16, minimum: 1, maximum: 1000, description: 'messages sent at once' }),
  notify_timeout: duration('10s', 'a channel that takes longer has not taken a message'),
  notify_give_up_after: duration('24h', 'a message that nobody took for this long becomes a dead letter'),
}
