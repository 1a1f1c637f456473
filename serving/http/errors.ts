import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { asTidemarkError, TidemarkError } from '../../schemas/errors.js'

/** Seconds after which a client that met a passing trouble should come again, by status; errors may know it better. */
const RETRY_AFTER_S: Readonly<Record<number, number>> = { 429: 1, 503: 5 }

/**
 * Answers every error of the server in the Prometheus API's shape with our code and hint. Only errors that are ours to
 * mend are logged with their stack; nobody sees it in an answer.
 */
export function installErrorHandler(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError>((thrown, request, reply) => {
    const error = asAnswer(thrown, request)
    if (error.status >= 500 && !error.retriable) request.log.error({ err: thrown }, error.message)
    return answerError(reply, error)
  })
  app.setNotFoundHandler((request, reply) => {
    const what = `${request.method} ${request.url.split('?', 1)[0]}`
    return answerError(
      reply,
      new TidemarkError('TM_NOT_FOUND', { what, fix: 'see / for the addresses that there are' }),
    )
  })
}

/** The body of an error answer. */
export function errorBody(error: TidemarkError) {
  const { code, hint, message } = error
  return { status: 'error', errorType: errorType(error), error: message, code, hint }
}

function answerError(reply: FastifyReply, error: TidemarkError): FastifyReply {
  const { waitMs } = error.details
  const wait = typeof waitMs === 'number' ? Math.ceil(waitMs / 1000) : RETRY_AFTER_S[error.status]
  const seconds = error.retriable ? wait : undefined
  if (seconds !== undefined) reply.header('retry-after', seconds)
  return reply
    .code(error.status)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(errorBody(error)))
}

/** The Prometheus API's word for it. */
function errorType({ code, status }: TidemarkError): string {
  if (code === 'TM_QUERY_TIME') return 'timeout'
  if (code === 'TM_QUERY_CANCELLED') return 'canceled'
  if (status === 404) return 'not_found'
  if (status === 422) return 'execution'
  if (status === 503) return 'unavailable'
  return status < 500 ? 'bad_data' : 'internal'
}

/** Errors that the HTTP server itself throws, as ours. */
function asAnswer(thrown: FastifyError, request: FastifyRequest): TidemarkError {
  if (thrown instanceof TidemarkError || !(thrown.statusCode !== undefined && thrown.statusCode < 500)) {
    return asTidemarkError(thrown)
  }
  if (thrown.statusCode === 413) {
    const bytes = Number(request.headers['content-length'])
    return new TidemarkError('TM_BODY_TOO_LARGE', { bytes, limit: request.routeOptions.bodyLimit }, thrown)
  }
  if (thrown.statusCode === 415) {
    const contentType = request.headers['content-type'] ?? '(none)'
    return new TidemarkError('TM_CONTENT_TYPE', { contentType, expected: 'the content type of this address' }, thrown)
  }
  const fix = thrown.validation ? "check the parameter's name and value" : 'check the request'
  return new TidemarkError('TM_REQUEST', { reason: thrown.message, fix }, thrown)
}
