import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { Clock } from '../../schemas/time.js'
import type { RuleDesk } from '../rule-book/desk.js'
import type { VerdictStore } from '../verdicts/verdict-store.js'
import { registerBacktestRoute } from './backtest.js'
import { registerVerdictRoute } from './verdicts.js'

/** Rules that one request may bring. */
const MOST_RULES = 20_000
const BODY_BYTES = 32 << 20

const RuleParameters = Type.Object({ rule: Type.String({ minLength: 1, maxLength: 128 }) })
// Rules are checked one by one where they are read, so that an error says which and what to write.
const ApplyBody = Type.Object(
  {
    rules: Type.Array(Type.Unknown(), { maxItems: MOST_RULES }),
    dry_run: Type.Optional(Type.Boolean({ description: 'true: nothing is stored' })),
  },
  { additionalProperties: false },
)
const RuleBody = Type.Object({}, { additionalProperties: true })
type RuleParameters = Static<typeof RuleParameters>

/** What the routes work with. */
export interface AlertRulesParts {
  desk: RuleDesk
  verdicts: Pick<VerdictStore, 'of'>
  clock: Clock
}

/** `/api/v1/alert-rules`: alerting rules, managed. */
export function alertRulesPlugin({ desk, verdicts, clock }: AlertRulesParts): FastifyPluginAsync {
  return async (app) => {
    registerReading(app, desk)
    registerChanging(app, desk)
    registerBacktestRoute(app, desk, clock)
    registerVerdictRoute(app, desk, verdicts)
  }
}

function registerReading(app: FastifyInstance, desk: RuleDesk): void {
  app.get('/api/v1/alert-rules', async () => success(await desk.list()))
  app.get<{ Params: RuleParameters }>(
    '/api/v1/alert-rules/:rule',
    { schema: { params: RuleParameters } },
    async ({ params }) => success(await desk.get(params.rule)),
  )
}

function registerChanging(app: FastifyInstance, desk: RuleDesk): void {
  app.post<{ Body: Static<typeof ApplyBody> }>(
    '/api/v1/alert-rules/apply',
    { bodyLimit: BODY_BYTES, schema: { body: ApplyBody } },
    async ({ body }) => success(await desk.apply(body.rules, body.dry_run ?? false)),
  )
  app.put<{ Params: RuleParameters; Body: Record<string, unknown> }>(
    '/api/v1/alert-rules/:rule',
    { schema: { params: RuleParameters, body: RuleBody } },
    async ({ params, body }) => {
      const [applied] = await desk.apply([{ ...body, rule_id: params.rule }], false)
      return success({ ...(await desk.get(params.rule)), applied })
    },
  )
  app.delete<{ Params: RuleParameters }>(
    '/api/v1/alert-rules/:rule',
    { schema: { params: RuleParameters } },
    async ({ params }) => {
      await desk.delete(params.rule)
      return success({})
    },
  )
  for (const [verb, enabled] of [
    ['enable', true],
    ['disable', false],
  ] as const) {
    app.post<{ Params: RuleParameters }>(
      `/api/v1/alert-rules/:rule/${verb}`,
      { schema: { params: RuleParameters } },
      async ({ params }) => success(await desk.setEnabled(params.rule, enabled)),
    )
  }
}

function success(data: unknown) {
  return { status: 'success', data }
}
