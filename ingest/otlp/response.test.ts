import { expect, test } from 'vitest'
import type { IngestResult } from '../sink.js'
import { otlpResponse } from './response.js'

const refusal = (position: number) => ({
  position,
  code: 'TM_POINT_SYNTAX' as const,
  reason: `bad ${position}`,
  hint: 'mend it',
})
const partial: IngestResult = { accepted: 1, refusedCount: 5, refused: [1, 2, 3, 4].map(refusal) }

test('full success is an empty message', () => {
  const result = { accepted: 3, refusedCount: 0, refused: [] }
  expect(otlpResponse(result, 'protobuf')).toHaveLength(0)
  expect(Buffer.from(otlpResponse(result, 'json')).toString()).toBe('{}')
})

test('partial success tells how many, the first reasons and what to do', () => {
  const message =
    'data point 1: bad 1 (mend it); data point 2: bad 2 (mend it); data point 3: bad 3 (mend it); and 2 more'
  expect(JSON.parse(Buffer.from(otlpResponse(partial, 'json')).toString())).toEqual({
    partialSuccess: { rejectedDataPoints: '5', errorMessage: message },
  })
  const text = Buffer.from(message)
  expect(Buffer.from(otlpResponse(partial, 'protobuf')).toString('hex')).toBe(
    `0a${(text.length + 4).toString(16)}0805` + `12${text.length.toString(16)}${text.toString('hex')}`,
  )
})
