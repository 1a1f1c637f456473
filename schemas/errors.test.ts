import { expect, test } from 'vitest'
import { ERRORS } from './error-registry.js'
import { asTidemarkError, type ErrorCode, TidemarkError } from './errors.js'

const codes = Object.keys(ERRORS) as ErrorCode[]

test('an error fills its message and its hint with the actual values', () => {
  const error = new TidemarkError('TM_CARDINALITY_METRIC', {
    metric: 'http',
    active: 100_001,
    limit: 100_000,
    label: 'user_id',
    values: 98_412,
  })
  expect(error.message).toBe('metric "http" has 100,001 series, the limit is 100,000')
  expect(error.hint).toBe(
    'label "user_id" has 98,412 values; drop it with `cardinality` in the config or raise limits.seriesPerMetric',
  )
  expect(error).toMatchObject({ code: 'TM_CARDINALITY_METRIC', status: 429, retriable: false })
})

test('what a user sent is repeated as it is, even where it looks like a placeholder or a replacement pattern', () => {
  const error = new TidemarkError('TM_LINE_SYNTAX', { reason: "{limit} $& $' `" })
  expect(error.message).toBe("{limit} $& $' `")
})

test('every entry of the registry says what to do, and can be retried only where the server may recover', () => {
  for (const code of codes) {
    const { status, message, hint, retriable } = ERRORS[code]
    expect(message && hint, code).toBeTruthy()
    expect(status, code).toBeGreaterThanOrEqual(400)
    if (retriable) expect([429, 503], code).toContain(status)
  }
})

test('any thrown thing becomes an error of the registry, its cause kept', () => {
  const known = new TidemarkError('TM_LOG_UNAVAILABLE', { reason: 'no space left' })
  expect(asTidemarkError(known)).toBe(known)
  const cause = new Error('boom')
  expect(asTidemarkError(cause)).toMatchObject({
    code: 'TM_INTERNAL',
    message: 'an unexpected error happened: boom',
    cause,
  })
  expect(asTidemarkError('just text').message).toContain('just text')
})
