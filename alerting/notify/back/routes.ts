import type { FastifyInstance, FastifyPluginAsync, FastifyReply } from 'fastify'
import { asTidemarkError } from '../../../schemas/errors.js'
import type { Logger } from '../../../schemas/ports/logger.js'
import type { Clock } from '../../../schemas/time.js'
import type { Act } from './act.js'
import { linkPage, PAGE_HEADERS } from './link-page.js'
import { checkPagerDutySignature, doneInPagerDuty } from './pagerduty-webhook.js'
import { ACTION_WORDS, checkGrant, type LinkGrant } from './signed-link.js'
import { checkSlackSignature, type Pressed, pressedIn } from './slack-interaction.js'

/** Nobody sends more, bytes. */
const BODY_BYTES = 256 << 10

/** What comes back from messages, and what is done about it. */
export interface BackParts {
  act: Act
  clock: Clock
  logger: Logger
  /** Of links in messages; empty: there are none. */
  signingKey: string
  slackSecrets: readonly string[]
  pagerDutySecrets: readonly string[]
}

/**
 * What people do about incidents from where they read of them: links, buttons in Slack, PagerDuty. No token is asked for
 * here, for every request is signed.
 */
export function backPlugin(parts: BackParts): FastifyPluginAsync {
  return async (app) => {
    // Signatures are over the bodies as they were sent.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: BODY_BYTES }, (_request, body, done) =>
      done(null, body),
    )
    registerLinks(app, parts)
    registerServices(app, parts)
  }
}

interface LinkRequest {
  Params: { incident: string; action: string }
  Querystring: { exp?: string; by?: string; sig?: string }
}

/** Looking at a link changes nothing: scanners of mails and previews of chats follow every link. */
function registerLinks(app: FastifyInstance, { act, clock, signingKey }: BackParts): void {
  app.get<LinkRequest>('/i/:incident/:action', async ({ params, query }, reply) =>
    paged(reply, () => {
      const { action, incidentId } = granted(params, query, signingKey, clock())
      const button = action === 'acknowledge' ? 'Acknowledge' : 'Resolve'
      return { title: `${button} this incident?`, lines: [`Incident ${incidentId}`], button }
    }),
  )
  app.post<LinkRequest>('/i/:incident/:action', async ({ params, query }, reply) =>
    paged(reply, async () => {
      const { action, incidentId, by } = granted(params, query, signingKey, clock())
      await act(incidentId, action, by === '' ? 'a link in a message' : by)
      const title = action === 'acknowledge' ? 'Acknowledged' : 'Resolved'
      return { title, lines: [`Incident ${incidentId}`, ...(by === '' ? [] : [`By ${by}`])] }
    }),
  )
}

/** @throws TM_LINK_INVALID, TM_LINK_EXPIRED */
function granted(
  { incident, action: word }: LinkRequest['Params'],
  { exp, by = '', sig = '' }: LinkRequest['Querystring'],
  signingKey: string,
  nowMs: number,
): LinkGrant {
  const action = Object.hasOwn(ACTION_WORDS, word) ? ACTION_WORDS[word] : undefined
  const grant: LinkGrant = {
    incidentId: incident,
    action: action ?? 'acknowledge',
    by: String(by),
    expiresS: Number(exp),
  }
  // A word that there is not makes a link that nobody has signed.
  checkGrant(grant, action === undefined ? '' : String(sig), signingKey, nowMs)
  return grant
}

/** Answers with a page, also where it fails: people read it, on a phone. */
async function paged(
  reply: FastifyReply,
  make: () => Parameters<typeof linkPage>[0] | Promise<Parameters<typeof linkPage>[0]>,
): Promise<FastifyReply> {
  reply.headers(PAGE_HEADERS)
  try {
    return reply.send(linkPage(await make()))
  } catch (thrown) {
    const { status, message, hint } = asTidemarkError(thrown)
    return reply.code(status).send(linkPage({ title: 'This did not work', lines: [`${message}.`, `${hint}.`] }))
  }
}

function registerServices(app: FastifyInstance, parts: BackParts): void {
  const { clock, slackSecrets, pagerDutySecrets } = parts
  app.post<{ Body?: string }>('/api/v1/actions/slack', async ({ headers, body = '' }, reply) => {
    checkSlackSignature(headers, body, slackSecrets, clock())
    await actOn(pressedIn(body), parts)
    return reply.code(200).send()
  })
  app.post<{ Body?: string }>('/api/v1/actions/pagerduty', async ({ headers, body = '' }, reply) => {
    checkPagerDutySignature(headers, body, pagerDutySecrets)
    await actOn(doneInPagerDuty(body), parts)
    return reply.code(202).send()
  })
}

/**
 * Incidents of others come by too, and some that are over: there is nothing to be done about them, and a service that
 * hears an error would send them again.
 */
async function actOn(pressed: Pressed | undefined, { act, logger }: BackParts): Promise<void> {
  if (!pressed) return
  const { incidentId, action, by } = pressed
  try {
    await act(incidentId, action, by)
  } catch (thrown) {
    const error = asTidemarkError(thrown)
    if (error.status !== 404 && error.status !== 409) throw error
    logger.info({ incidentId, action, by }, `nothing was done: ${error.message}`)
  }
}
