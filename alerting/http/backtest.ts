import { Readable } from 'node:stream'
import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { asTidemarkError } from '../../schemas/errors.js'
import type { TimeRange } from '../../schemas/time.js'
import type { BacktestEvent } from '../backtest/backtest.js'
import type { RuleDesk } from '../rule-book/desk.js'
import { readRange } from './moment.js'

const Moment = Type.String({ minLength: 1, description: 'RFC 3339, Unix seconds, or a duration before now such as 7d' })
const BacktestBody = Type.Object(
  {
    rule_id: Type.Optional(Type.String({ minLength: 1, description: 'a rule that is stored' })),
    rule: Type.Optional(Type.Unknown({ description: 'or one that is not: as it would be applied' })),
    from: Moment,
    to: Moment,
  },
  { additionalProperties: false },
)

/** What is answered line by line, as JSON: what the backtest tells, or why it ended early. */
export type BacktestLine =
  | BacktestEvent
  | { type: 'begin'; rule_id: string; promql: string; range: TimeRange }
  | { type: 'error'; code: string; message: string; hint: string }

/** `/api/v1/alert-rules/backtest`: JSON lines while it goes on, so that nobody waits in the dark. */
export function registerBacktestRoute(app: FastifyInstance, desk: RuleDesk, clock: () => number): void {
  app.post<{ Body: Static<typeof BacktestBody> }>(
    '/api/v1/alert-rules/backtest',
    { schema: { body: BacktestBody } },
    async ({ body }, reply) => {
      const range = readRange(body, clock())
      const test = await desk.backtest({ ruleId: body.rule_id, input: body.rule }, range)
      return reply.type('application/x-ndjson; charset=utf-8').send(Readable.from(lines(test)))
    },
  )
}

/** A reader that goes away ends the backtest with it. */
async function* lines({ begin, events }: Awaited<ReturnType<RuleDesk['backtest']>>): AsyncGenerator<string> {
  const line = (one: BacktestLine) => `${JSON.stringify(one)}\n`
  yield line({ type: 'begin', ...begin })
  try {
    for await (const event of events) yield line(event)
  } catch (thrown) {
    const { code, message, hint } = asTidemarkError(thrown)
    yield line({ type: 'error', code, message, hint })
  }
}
