import { type Static, Type } from '@sinclair/typebox'
import { duration, group } from './fields.js'

const Names = (value: string[], description: string) =>
  Type.Array(Type.String({ minLength: 1 }), { default: value, description })

const StepSchema = Type.Object(
  {
    after: duration('0s', 'since the incident was opened'),
    to: Names([], 'duties such as on-call; each is called'),
  },
  { additionalProperties: false },
)

const RecipientSchema = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    channels: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description: 'channels that lead to them; none: those of the incident, which name them',
      }),
    ),
  },
  { additionalProperties: false },
)

type Step = Static<typeof StepSchema>

function escalationOf(steps: Step[], repeat: string, remind: string) {
  return group({
    steps: Type.Array(StepSchema, { default: steps, description: 'the first one after 0s; none: nobody is called' }),
    repeat: duration(repeat, 'begins again so long after the last step; 0: never'),
    remind: duration(remind, 'how often who has acknowledged is reminded until it is resolved; 0: never'),
  })
}

const channels = Names([], 'of rules and receivers that name none')

const onCall: Step = { after: '0s', to: ['on-call'] }
const leadSoon: Step = { after: '10m', to: ['team-lead'] }
const leadLater: Step = { after: '30m', to: ['team-lead'] }
const vpLater: Step = { after: '30m', to: ['vp'] }

/** How incidents are made of alerts, and how they are escalated. */
export const incidentGroups = {
  incidents: group({
    silence_window: duration('15m', 'nobody is called again about the same incident within this time'),
    resolve_after: duration('2m', 'that an incident is over is told once it has been for this long'),
    reopen_within: duration('15m', 'alerts that are back within this time reopen it, and call nobody'),
    host_labels: Names(['host', 'instance', 'hostname', 'node'], 'labels that name a host; the first there is counts'),
    service_labels: Names(['service', 'job'], 'labels that name a service'),
    region_labels: Names(['region', 'datacenter', 'cluster'], 'labels that name a region'),
    channels: group({ P1: channels, P2: channels, P3: channels, P4: channels }),
    retention: duration('1y', 'how long incidents that are over are kept; 0: for ever'),
  }),
  escalation: group({
    P1: escalationOf([onCall, leadSoon, vpLater], '30m', '4h'),
    P2: escalationOf([onCall, leadLater], '2h', '8h'),
    P3: escalationOf([onCall], '0', '24h'),
    P4: escalationOf([], '0', '0'),
    recipients: Type.Record(Type.String(), Type.Array(RecipientSchema), {
      default: {},
      description: 'people of each duty, such as on-call, team-lead, vp',
    }),
  }),
}
