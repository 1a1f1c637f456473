import type { FastifyInstance, FastifyReply } from 'fastify'

/** Whether something works. */
export interface Health {
  /** Why it does not; empty while it does. */
  reasons: readonly string[]
  /** What is amiss though it works. */
  warnings: readonly string[]
}

/** What the probes ask. */
export interface HealthOptions {
  /** Parts of the process that failed for good. */
  failed: () => readonly string[]
  /** Whether it can do its work, asked of what it works with. */
  ready: () => Promise<Health>
}

/**
 * `/-/healthy`: the process answers and no part of it failed, so that it need not be restarted; `/-/ready`: it can do
 * its work. Both say why not, with status 503.
 */
export function registerHealthRoutes(app: FastifyInstance, { failed, ready }: HealthOptions): void {
  app.get('/-/healthy', async (_request, reply) => answer(reply, 'healthy', { reasons: failed(), warnings: [] }))
  app.get('/-/ready', async (_request, reply) => answer(reply, 'ready', await ready()))
}

function answer(reply: FastifyReply, word: string, { reasons, warnings }: Health): FastifyReply {
  const isGood = reasons.length === 0
  const lines = [
    isGood ? `Tidemark is ${word}.` : `Tidemark is not ${word}.`,
    ...reasons,
    ...warnings.map((text) => `warning: ${text}`),
  ]
  return reply
    .code(isGood ? 200 : 503)
    .type('text/plain')
    .send(`${lines.join('\n')}\n`)
}
