import type { Config } from '../../schemas/config/schema.js'
import { TidemarkError } from '../../schemas/errors.js'
import type { WorkflowsStatus } from '../../schemas/ports/workflows.js'
import type { ServerStatus } from '../embedded/temporal-server.js'

/** Nothing runs because the config says so. */
export function switchedOff(): TidemarkError {
  const fix = 'set temporal.enabled to true and restart'
  return new TidemarkError('TM_TEMPORAL_MISSING', { reason: 'temporal.enabled is false', fix })
}

/** This process has no server of its own, and is told of none. */
export function noAddress(): TidemarkError {
  const fix = 'name a server with temporal.address'
  return new TidemarkError('TM_TEMPORAL_MISSING', { reason: 'temporal.address is empty', fix })
}

/** The server did not answer a request: it is away or busy, or the worker that would answer has just started. */
export function noAnswer(address: string, thrown: unknown): TidemarkError {
  const reason = `${address} did not answer: ${wordsOf(thrown)}`
  return new TidemarkError('TM_TEMPORAL_MISSING', { reason, fix: 'try again in a few seconds' }, thrown)
}

/** Why there is no session: with a server of ours that runs, it is the worker that cannot start. */
export function noSession(address: string, thrown: unknown, isOurs: boolean): TidemarkError {
  if (thrown instanceof TidemarkError) return thrown
  const words = wordsOf(thrown)
  return new TidemarkError(
    'TM_TEMPORAL_MISSING',
    { reason: `${address}: ${words}`, fix: isOurs ? 'npm run build' : fixOf(words) },
    thrown,
  )
}

/** What the server or the connection said; the SDK wraps it in words of its own. */
function wordsOf(thrown: unknown): string {
  const { message, cause } = thrown as Error
  return cause instanceof Error ? cause.message : message
}

function fixOf(words: string): string {
  return /UNAUTHENTICATED|PERMISSION_DENIED|certificate|self.signed/i.test(words)
    ? 'check temporal.api_key, temporal.ca, temporal.cert and temporal.key'
    : 'check that temporal.address and temporal.namespace name a server that runs'
}

/** The status while nothing can be done about a problem but what its hint says. */
export function paused({ message, hint }: TidemarkError): WorkflowsStatus {
  return { state: 'paused', reason: `${message}; mend it with: ${hint}`, running: [] }
}

/** The status while there is no session: what is being done about it, or what the user must do. */
export function waitingStatus(
  server: ServerStatus | undefined,
  problem: TidemarkError | undefined,
  config: Config['temporal'],
): WorkflowsStatus {
  const isStopped = server?.state === 'paused' || server?.state === 'closed'
  if (config.enabled && !isStopped && !problem)
    return { state: 'starting', reason: startingReason(server, config), running: [] }
  return paused(problemOf(server, problem, config))
}

/** Why there is no session, as an error. */
export function problemOf(
  server: ServerStatus | undefined,
  problem: TidemarkError | undefined,
  config: Config['temporal'],
): TidemarkError {
  if (!config.enabled) return switchedOff()
  const known = server?.problem ?? problem
  if (known) return known
  return new TidemarkError('TM_TEMPORAL_MISSING', {
    reason: startingReason(server, config),
    fix: 'wait; `tidemark status` shows when it runs',
  })
}

function startingReason(server: ServerStatus | undefined, config: Config['temporal']): string {
  if (!server) return `${config.address} has not answered yet`
  const { state, progress } = server
  if (state !== 'installing' || !progress)
    return `the Temporal server: ${state === 'running' ? 'worker is starting' : state}`
  const percent = progress.percent === undefined ? '' : ` ${Math.floor(progress.percent)} %`
  return `installing the Temporal CLI: ${progress.phase}${percent}, ${Math.round(progress.elapsedMs / 1000)} s`
}
