import { TidemarkError } from '../schemas/errors.js'

/** A query that reads well but cannot be evaluated on the series it met. The reason is worded as Prometheus words it. */
export function executionError(reason: string): TidemarkError {
  return new TidemarkError('TM_QUERY_EXECUTION', { reason })
}

/** @param from character of the query, from 0 */
export function syntaxError(from: number, reason: string): TidemarkError {
  return new TidemarkError('TM_QUERY_SYNTAX', { position: from + 1, reason })
}
