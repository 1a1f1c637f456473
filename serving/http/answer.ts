import type { FastifyReply, FastifyRequest } from 'fastify'
import { type PlanPart, printPlan, type QueryPlan } from '../plan.js'
import type { MergedQuery } from '../source.js'
import type { Coverage } from '../views.js'

/** What an answer says of itself beside its data. */
export interface AnswerNotes {
  coverage: readonly Coverage[]
  warnings: readonly string[]
  /** The plans, as {@link explained} gives them, where they were asked for. */
  plan?: unknown
}

/** Sends an answer in the Prometheus API's envelope with epoch, tide line, coverage and what is missing. */
export function sendAnswer(
  reply: FastifyReply,
  query: MergedQuery,
  dataJson: string,
  notes: AnswerNotes,
): FastifyReply {
  const { epoch, frontierMs } = query.snapshot
  const reasons = [...query.partialReasons]
  const about = {
    warnings: notes.warnings.length > 0 ? notes.warnings : undefined,
    epoch,
    frontier: utc(frontierMs),
    frontierMs,
    coverage: notes.coverage.map(({ view, tier, startMs, endMs }) => ({
      view,
      tier,
      start: utc(startMs),
      end: utc(endMs),
    })),
    partial: reasons.length > 0,
    partialReasons: reasons.length > 0 ? reasons : undefined,
    plan: notes.plan,
  }
  return sendJson(reply, `{"status":"success","data":${dataJson},${JSON.stringify(about).slice(1)}`)
}

/** The notes of a query that has just been evaluated. */
export function notesOf(query: MergedQuery): AnswerNotes {
  return { coverage: query.coverage, warnings: [...query.warnings] }
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
