import { TidemarkError } from '../../schemas/errors.js'

/** Whatever went wrong in Redis as an error of the live view; ours stay what they are. */
export function liveViewError(thrown: unknown): TidemarkError {
  if (thrown instanceof TidemarkError) return thrown
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  return new TidemarkError('TM_LIVEVIEW_UNAVAILABLE', { reason }, thrown)
}
