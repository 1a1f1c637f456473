import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { DURATION_PATTERN, parseDuration } from '../../schemas/config/duration.js'
import { TidemarkError } from '../../schemas/errors.js'
import type { AuditLog } from '../audit-log.js'
import { createToken, TOKEN_NAME_PATTERN, type TokenMaking } from '../create-token.js'
import type { KnownTokens } from '../known-tokens.js'
import { ROLES } from '../roles.js'
import type { StoredToken } from '../token.js'

const Rate = Type.Optional(Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }))
const Duration = Type.String({ minLength: 1, pattern: DURATION_PATTERN, description: 'such as 90d' })

const TokenBody = Type.Object(
  {
    name: Type.String({ pattern: TOKEN_NAME_PATTERN }),
    role: Type.Union(ROLES.map((role) => Type.Literal(role))),
    expires: Type.Optional(Duration),
    requests_per_second: Rate,
    points_per_second: Rate,
  },
  { additionalProperties: false },
)
const TokenParameters = Type.Object({ token: Type.String({ minLength: 1, maxLength: 64 }) })
const AuditParameters = Type.Object({
  since: Type.Union([Duration], { default: '7d' }),
  limit: Type.Integer({ default: 1000, minimum: 1, maximum: 10_000 }),
})

/** What the routes work with. */
export interface AdminParts extends TokenMaking {
  known: KnownTokens
  audit: Pick<AuditLog, 'list'>
}

/** A token as it is told: never its hash. */
export type ToldToken = Omit<StoredToken, 'secretHash'>

/** `/api/v1/admin/tokens` and `/api/v1/admin/audit`. */
export function accessPlugin(parts: AdminParts) {
  const { store, known, audit, clock } = parts
  return async (app: FastifyInstance): Promise<void> => {
    app.get('/api/v1/admin/tokens', async () => success((await store.list()).map(told)))

    app.post<{ Body: Static<typeof TokenBody> }>(
      '/api/v1/admin/tokens',
      { schema: { body: TokenBody } },
      async ({ body }, reply) => {
        const lifetimeMs = parseDuration(body.expires ?? '0')
        const { text, token } = await createToken(
          {
            name: body.name,
            role: body.role,
            lifetimeMs: lifetimeMs === 0 ? undefined : lifetimeMs,
            requestsPerSecond: body.requests_per_second,
            pointsPerSecond: body.points_per_second,
          },
          parts,
        )
        known.forget(token.id)
        return reply
          .code(201)
          .header('cache-control', 'no-store')
          .send(success({ ...told(token), token: text }))
      },
    )

    app.delete<{ Params: Static<typeof TokenParameters> }>(
      '/api/v1/admin/tokens/:token',
      { schema: { params: TokenParameters } },
      async ({ params }) => {
        const revoked = await store.revoke(params.token, clock())
        if (!revoked) {
          const what = `a token ${params.token} that is in force`
          throw new TidemarkError('TM_NOT_FOUND', { what, fix: '`tidemark token list` shows names and ids' })
        }
        known.forget(revoked.id)
        return success(told(revoked))
      },
    )

    app.get<{ Querystring: Static<typeof AuditParameters> }>(
      '/api/v1/admin/audit',
      { schema: { querystring: AuditParameters } },
      async ({ query }) => success(await audit.list(clock() - parseDuration(query.since), query.limit)),
    )
  }
}

function told({ secretHash: _, ...token }: StoredToken): ToldToken {
  return token
}

function success(data: unknown) {
  return { status: 'success', data }
}
