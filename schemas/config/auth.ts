import { type Static, Type } from '@sinclair/typebox'
import { duration, group } from './fields.js'

const rate = (description: string, value: number) => Type.Integer({ default: value, minimum: 0, description })

/** Who may do what, and how much of it. */
export const authGroup = group({
  required: Type.Union([Type.Literal('auto'), Type.Literal('always')], {
    default: 'auto',
    description: 'auto: tokens are required once http.host is not loopback; always: on loopback too',
  }),
  requests_per_second: rate('of a token without a limit of its own, and of an address without token; 0: no limit', 0),
  points_per_second: rate('points stored, likewise; 0: no limit', 0),
  failures_per_second: rate('refused tokens from one address before its next ones are turned away unread', 10),
  audit_retention: duration('1y', 'how long the audit log is kept; 0 is forever'),
})

/** Where Tidemark may connect to by itself. */
export const outboundGroup = group({
  allow: Type.Array(Type.String({ minLength: 1 }), {
    default: [],
    description: 'addresses, networks (10.0.0.0/8) and host names that may be reached though they are not public',
  }),
})

export type AuthConfig = Static<typeof authGroup>
