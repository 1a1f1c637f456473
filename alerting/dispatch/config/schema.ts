import { type Static, Type } from '@sinclair/typebox'
import { TimeIntervalSchema } from './read-interval.js'

const closed = { additionalProperties: false }
const Texts = Type.Array(Type.String())
const TextByName = Type.Record(Type.String(), Type.String())
const Switch = Type.Union([Type.Literal('true'), Type.Literal('false')])

const RouteSchema = Type.Recursive(
  (Self) =>
    Type.Object(
      {
        receiver: Type.Optional(Type.String()),
        group_by: Type.Optional(Texts),
        match: Type.Optional(TextByName),
        match_re: Type.Optional(TextByName),
        matchers: Type.Optional(Texts),
        continue: Type.Optional(Switch),
        group_wait: Type.Optional(Type.String()),
        group_interval: Type.Optional(Type.String()),
        repeat_interval: Type.Optional(Type.String()),
        mute_time_intervals: Type.Optional(Texts),
        active_time_intervals: Type.Optional(Texts),
        routes: Type.Optional(Type.Array(Self)),
      },
      closed,
    ),
  { $id: 'Route' },
)
export type RouteText = Static<typeof RouteSchema>

const InhibitSchema = Type.Object(
  {
    name: Type.Optional(Type.String()),
    source_match: Type.Optional(TextByName),
    source_match_re: Type.Optional(TextByName),
    source_matchers: Type.Optional(Texts),
    target_match: Type.Optional(TextByName),
    target_match_re: Type.Optional(TextByName),
    target_matchers: Type.Optional(Texts),
    equal: Type.Optional(Texts),
  },
  closed,
)
export type InhibitText = Static<typeof InhibitSchema>

const ReceiverSchema = Type.Intersect(
  [
    Type.Object({
      name: Type.String({ minLength: 1 }),
      channels: Type.Optional(Type.Array(Type.String({ minLength: 1 }))),
    }),
    // What stands there is read key by key.
    Type.Record(Type.TemplateLiteral([Type.String(), Type.Literal('_configs')]), Type.Unknown()),
  ],
  { unevaluatedProperties: false },
)

const NamedIntervals = Type.Array(
  Type.Object({ name: Type.String({ minLength: 1 }), time_intervals: Type.Array(TimeIntervalSchema) }, closed),
)

/** The configuration file: Alertmanager's, with names of channels beside addresses. Every scalar is a text. */
export const DispatchFileSchema = Type.Object(
  {
    global: Type.Optional(Type.Object({ resolve_timeout: Type.Optional(Type.String()) })),
    templates: Type.Optional(Texts),
    route: RouteSchema,
    receivers: Type.Array(ReceiverSchema),
    // An entry that says nothing is a rule all the same.
    inhibit_rules: Type.Optional(Type.Array(Type.Union([InhibitSchema, Type.Literal(''), Type.Literal('null')]))),
    time_intervals: Type.Optional(NamedIntervals),
    mute_time_intervals: Type.Optional(NamedIntervals),
  },
  closed,
)
export type DispatchFileText = Static<typeof DispatchFileSchema>
