import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { MergedQuery } from '../merged-query.js'
import { type PlanPart, printPlan, type QueryPlan } from '../plan.js'
import type { Answer, AnswerNotes } from '../result-cache.js'

/** Characters that are written at a time. */
const WRITTEN_AT_A_TIME = 64 << 10

/**
 * Sends an answer in the Prometheus API's envelope with epoch, tide line, coverage and what is missing. Written as a
 * stream: a large answer is never one text, and others have their turn between its pieces.
 * @param plan what `explain=1` adds
 */
export function sendAnswer(reply: FastifyReply, query: MergedQuery, answer: Answer, plan?: unknown): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(Readable.from(grouped(answerPieces(query, answer, plan))))
}

/** The envelope and what is in it, as pieces of one line of JSON. */
export function* answerPieces(query: MergedQuery, answer: Answer, plan?: unknown): Generator<string> {
  const { epoch, frontierMs } = query.snapshot
  const reasons = [...query.partialReasons]
  // Clients of Prometheus look at warnings alone.
  const warnings = [...answer.warnings, ...reasons]
  const about = {
    warnings: warnings.length > 0 ? warnings : undefined,
    infos: answer.infos.length > 0 ? answer.infos : undefined,
    epoch,
    frontier: utc(frontierMs),
    frontierMs,
    coverage: answer.coverage.map(({ view, tier, startMs, endMs }) => ({
      view,
      tier,
      start: utc(startMs),
      end: utc(endMs),
    })),
    partial: reasons.length > 0,
    partialReasons: reasons.length > 0 ? reasons : undefined,
    plan,
  }
  yield '{"status":"success","data":'
  yield* answer.data
  yield `,${JSON.stringify(about).slice(1)}`
}

async function* grouped(pieces: Iterable<string>): AsyncGenerator<string> {
  let text = ''
  for (const piece of pieces) {
    text += piece
    if (text.length < WRITTEN_AT_A_TIME) continue
    yield text
    text = ''
    await new Promise((resolve) => setImmediate(resolve))
  }
  yield text
}

/** The notes of a query that has just been evaluated. */
export function notesOf(query: MergedQuery): AnswerNotes {
  return { coverage: query.coverage, warnings: [...query.warnings], infos: [...query.infos] }
}

/** Sends a text that is JSON already. */
export function sendJson(reply: FastifyReply, json: string): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(json)
}

/** Plans for people and programs: each part with the blocks and generations it reads, and the whole as text. */
export async function explained(query: MergedQuery, plans: readonly QueryPlan[]) {
  return Promise.all(
    plans.map(async (plan) => ({
      matchers: plan.matchers,
      start: utc(plan.range.startMs),
      end: utc(plan.range.endMs),
      stepMs: plan.stepMs,
      parts: await Promise.all(plan.parts.map((part) => explainedPart(query, part))),
      warnings: plan.warnings,
      text: printPlan(plan),
    })),
  )
}

async function explainedPart(query: MergedQuery, part: PlanPart) {
  const { view, tier, startMs, endMs, why, warning } = part
  const blocks = view === 'batch' ? await query.blocks({ startMs, endMs }) : undefined
  return {
    view,
    tier,
    start: utc(startMs),
    end: utc(endMs),
    why,
    warning,
    blocks: blocks?.map(({ startMs, generation, files, dirty }) => ({ start: utc(startMs), generation, files, dirty })),
  }
}

/** Aborted when the client goes away before its answer. */
export function clientSignal(request: FastifyRequest, reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new Error(`the client of ${request.id} went away`))
  })
  return controller.signal
}

function utc(ms: number): string {
  return new Date(ms).toISOString()
}
