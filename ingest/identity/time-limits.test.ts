import { expect, test } from 'vitest'
import { loadConfig } from '../../schemas/config/load.js'
import { timeFault } from './time-limits.js'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const { limits } = loadConfig({ env: {} })
const fault = (timeMs: number) => timeFault(timeMs, NOW, limits)

test('a time in the allowed range is taken', () => {
  for (const timeMs of [Date.parse('2000-01-01T00:00:00Z'), NOW, NOW + 600_000]) expect(fault(timeMs)).toBeUndefined()
})

test('a time too far ahead is named with how far it is', () => {
  expect(fault(NOW + 600_001)).toMatchObject({
    code: 'TM_POINT_FUTURE',
    message: "the time 2026-01-01T00:10:00.001Z is 600,001 ms ahead of this server's clock, the limit is 600,000 ms",
  })
})

test('a time before 2000 hints at the precision', () => {
  expect(fault(1_767_225_600)).toMatchObject({ code: 'TM_POINT_ANCIENT', hint: expect.stringContaining('precision') })
})

test.each([Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 9e15, -9e15])(
  '%d is refused, not thrown at',
  (timeMs) => {
    expect(fault(timeMs)?.status).toBe(400)
  },
)
