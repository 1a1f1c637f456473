import { TidemarkError } from '../../schemas/errors.js'

/** What an error of the client means for us. */
type FaultKind = 'topic' | 'leader' | 'size' | 'metadata' | 'denied' | 'fenced' | 'sequence' | 'replication' | 'outage'

export interface Fault {
  kind: FaultKind
  reason: string
}

/** By the name that the protocol gives an error. Whatever is not here may pass by itself: an outage. */
const KINDS: Record<string, FaultKind> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'topic',
  INVALID_TOPIC_EXCEPTION: 'topic',
  LEADER_NOT_AVAILABLE: 'leader',
  NOT_LEADER_FOR_PARTITION: 'leader',
  MESSAGE_TOO_LARGE: 'size',
  RECORD_LIST_TOO_LARGE: 'size',
  INVALID_REPLICATION_FACTOR: 'replication',
  OFFSET_METADATA_TOO_LARGE: 'metadata',
  TOPIC_AUTHORIZATION_FAILED: 'denied',
  GROUP_AUTHORIZATION_FAILED: 'denied',
  CLUSTER_AUTHORIZATION_FAILED: 'denied',
  SASL_AUTHENTICATION_FAILED: 'denied',
  UNSUPPORTED_SASL_MECHANISM: 'denied',
  ILLEGAL_GENERATION: 'fenced',
  UNKNOWN_MEMBER_ID: 'fenced',
  REBALANCE_IN_PROGRESS: 'fenced',
  OUT_OF_ORDER_SEQUENCE_NUMBER: 'sequence',
  UNKNOWN_PRODUCER_ID: 'sequence',
  INVALID_PRODUCER_EPOCH: 'sequence',
  INVALID_PRODUCER_ID_MAPPING: 'sequence',
}

/** Errors of the client that the protocol has no name for. */
const CLIENT_KINDS: Record<string, FaultKind> = { KafkaJSSASLAuthenticationError: 'denied' }

/** Longest chain of causes that is followed. */
const CAUSES = 8

/** Says what an error means: the client wraps those of the protocol once or more. */
export function faultOf(thrown: unknown): Fault {
  let reason = String(thrown)
  let link: unknown = thrown
  for (let depth = 0; depth < CAUSES && link instanceof Error; depth++) {
    const { type, name, message, cause, errors } = link as Error & { type?: string; errors?: unknown[] }
    reason = message || reason
    const kind = KINDS[type ?? ''] ?? CLIENT_KINDS[name]
    if (kind) return { kind, reason }
    link = cause ?? errors?.[0]
  }
  return { kind: 'outage', reason }
}

/** True if the cluster does not let us do it. */
export function isDenied(thrown: unknown): boolean {
  return faultOf(thrown).kind === 'denied'
}

/** An error of the client as one of the registry. */
export function logError(thrown: unknown, topic: string): TidemarkError {
  if (thrown instanceof TidemarkError) return thrown
  const { kind, reason } = faultOf(thrown)
  if (kind === 'topic') return new TidemarkError('TM_LOG_TOPIC', { topic }, thrown)
  if (kind === 'denied') return new TidemarkError('TM_LOG_DENIED', { topic, reason }, thrown)
  if (kind === 'size') return new TidemarkError('TM_LOG_RECORD_SIZE', { topic, reason }, thrown)
  if (kind === 'metadata') return new TidemarkError('TM_INTERNAL', { reason }, thrown)
  return new TidemarkError('TM_LOG_UNAVAILABLE', { reason }, thrown)
}
