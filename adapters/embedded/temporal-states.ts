/** Where the embedded Temporal server is in its life. */
export type ServerState = 'looking' | 'installing' | 'starting' | 'running' | 'paused' | 'closed'

/** What can happen to it. */
export type ServerEvent =
  /** The program is not there and may be installed. */
  | 'install'
  /** The program is there; its process is launched. */
  | 'launch'
  /** The server answers. */
  | 'answered'
  /** No program, or a server that does not stay up: a human is needed. */
  | 'gaveUp'
  /** After a while, or because a server died: look again. */
  | 'lookAgain'
  | 'close'

/** The state after an event; an event that makes no sense in a state changes nothing. */
export const next: Record<ServerState, Record<ServerEvent, ServerState>> = {
  looking: row('looking', { install: 'installing', launch: 'starting', gaveUp: 'paused' }),
  installing: row('installing', { launch: 'starting', gaveUp: 'paused' }),
  starting: row('starting', { launch: 'starting', answered: 'running', gaveUp: 'paused', lookAgain: 'looking' }),
  running: row('running', { launch: 'starting', gaveUp: 'paused', lookAgain: 'looking' }),
  paused: row('paused', { lookAgain: 'looking' }),
  closed: row('closed', { close: 'closed' }),
}

function row(same: ServerState, changes: Partial<Record<ServerEvent, ServerState>>): Record<ServerEvent, ServerState> {
  return { install: same, launch: same, answered: same, gaveUp: same, lookAgain: same, close: 'closed', ...changes }
}
