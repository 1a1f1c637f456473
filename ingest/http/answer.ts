import type { FastifyReply } from 'fastify'
import { ERRORS } from '../../schemas/error-registry.js'
import type { IngestResult } from '../sink.js'

/**
 * Answers a line-based request: 204 if all was taken; otherwise the lines and reasons, with 400 where a part was taken
 * (agents must not send the good part again), or with the error's own status where nothing was.
 */
export function answerLines(reply: FastifyReply, result: IngestResult): FastifyReply {
  const { accepted, refusedCount, refused } = result
  if (refusedCount === 0) return reply.code(204).send()
  const codes = new Set(refused.map(({ code }) => code))
  const status = accepted === 0 && codes.size === 1 ? ERRORS[refused[0].code].status : 400
  return reply.code(status).send({
    code: codes.size === 1 ? refused[0].code : 'TM_LINE_SYNTAX',
    error: summary(result),
    hint: refused[0].hint,
    accepted,
    refused: refusedCount,
    lines: refused.map(({ position, code, reason, hint, text }) => ({ line: position, code, reason, hint, text })),
  })
}

/** `partial write: 3 of 1000 refused; line 7: …` */
function summary({ accepted, refusedCount, refused }: IngestResult): string {
  const { position, reason } = refused[0]
  const what =
    accepted > 0
      ? `partial write: ${accepted} points stored, ${refusedCount} refused`
      : `${refusedCount} refused, nothing stored`
  return `${what}; line ${position}: ${reason}`
}
