import { ERRORS, type ErrorEntry } from './error-registry.js'

export type ErrorCode = keyof typeof ERRORS

/** Values for the placeholders of a message and its hint. */
export type ErrorDetails = Readonly<Record<string, string | number | bigint | undefined>>

/** An error of the registry. The cause is kept; the user sees code, message and hint, never a stack trace. */
export class TidemarkError extends Error {
  override readonly name = 'TidemarkError'
  readonly code: ErrorCode
  readonly status: number
  readonly hint: string
  readonly retriable: boolean
  readonly details: ErrorDetails

  constructor(code: ErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    const { status, message, hint, retriable } = ERRORS[code] as ErrorEntry
    super(fill(message, details), cause === undefined ? undefined : { cause })
    this.code = code
    this.status = status
    this.hint = fill(hint, details)
    this.retriable = retriable ?? false
    this.details = details
  }
}

/** Any thrown value as an error of the registry; unknown ones become TM_INTERNAL with their message. */
export function asTidemarkError(thrown: unknown): TidemarkError {
  if (thrown instanceof TidemarkError) return thrown
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  return new TidemarkError('TM_INTERNAL', { reason }, thrown)
}

function fill(template: string, details: ErrorDetails): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, key: string) => formatDetail(details[key]))
}

function formatDetail(value: string | number | bigint | undefined): string {
  if (typeof value === 'number' && Number.isInteger(value)) return value.toLocaleString('en-US')
  return value === undefined ? '?' : String(value)
}
