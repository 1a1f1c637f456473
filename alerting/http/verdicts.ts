import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import type { RuleDesk } from '../rule-book/desk.js'
import type { VerdictStore } from '../verdicts/verdict-store.js'

const RuleParameters = Type.Object({ rule: Type.String({ minLength: 1, maxLength: 128 }) })

/** `/api/v1/alert-rules/:rule/verdicts`: what corrected data say of the rule's alerts, the newest first. */
export function registerVerdictRoute(app: FastifyInstance, desk: RuleDesk, verdicts: Pick<VerdictStore, 'of'>): void {
  app.get<{ Params: Static<typeof RuleParameters> }>(
    '/api/v1/alert-rules/:rule/verdicts',
    { schema: { params: RuleParameters } },
    async ({ params }) => {
      await desk.stored(params.rule)
      return { status: 'success', data: await verdicts.of(params.rule) }
    },
  )
}
