import { type Static, Type } from '@sinclair/typebox'

const TIME_OF_DAY = '^([01]\\d|2[0-3]):[0-5]\\d$'
const MOMENT = '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d(:\\d\\d)?(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$'

const timeOfDay = (description: string) => Type.String({ pattern: TIME_OF_DAY, description })
const moment = (description: string) => Type.String({ pattern: MOMENT, description, errorMessage: 'write RFC 3339' })

const Day = Type.Union(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) => Type.Literal(day)))

const RestrictionSchema = Type.Object(
  {
    days: Type.Optional(Type.Array(Day, { minItems: 1, description: 'on which it begins; left out: every day' })),
    from: timeOfDay('local time'),
    to: timeOfDay('local time; not after `from`: of the next day'),
  },
  { additionalProperties: false },
)

const LayerSchema = Type.Object(
  {
    people: Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description: 'in their turn' }),
    rotation: Type.String({
      default: '1w',
      pattern: '^[1-9]\\d{0,3}[hdw]$',
      description: 'how long a turn is by the local clock: 12h, 1d, 2w',
      errorMessage: 'write hours, days or weeks such as 12h, 1d or 2w',
    }),
    start: Type.String({
      pattern: '^\\d{4}-\\d\\d-\\d\\d$',
      description: 'a date on which the first of the people takes over',
    }),
    hand_over: Type.String({ default: '09:00', pattern: TIME_OF_DAY, description: 'local time of each hand-over' }),
    restrictions: Type.Array(RestrictionSchema, {
      default: [],
      description: 'when the layer counts; at other times the layers before it do',
    }),
  },
  { additionalProperties: false },
)

const OverrideSchema = Type.Object(
  { person: Type.String({ minLength: 1 }), from: moment('RFC 3339'), to: moment('RFC 3339; after `from`') },
  { additionalProperties: false },
)

const ScheduleSchema = Type.Object(
  {
    time_zone: Type.String({ minLength: 1, description: 'IANA name such as Europe/Berlin' }),
    layers: Type.Array(LayerSchema, {
      minItems: 1,
      description:
        'a later one goes before those above it; the first has no restrictions, so that somebody is always there',
    }),
    overrides: Type.Array(OverrideSchema, { default: [], description: 'who stands in; the last one counts' }),
  },
  { additionalProperties: false, default: {} },
)

/** A schedule as the config has it. */
export type OnCallConfig = Static<typeof ScheduleSchema>

/** Keys of `alerting` that say who is on call. */
export const onCallKeys = {
  on_call: Type.Record(Type.String({ minLength: 1 }), ScheduleSchema, {
    default: {},
    description: 'schedules by name',
  }),
}
