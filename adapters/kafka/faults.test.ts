import { expect, test } from 'vitest'
import { TidemarkError } from '../../schemas/errors.js'
import { faultOf, logError } from './faults.js'

const protocol = (type: string) => Object.assign(new Error(`says ${type}`), { name: 'KafkaJSProtocolError', type })
const retried = (cause: Error) =>
  Object.assign(new Error('gave up', { cause }), { name: 'KafkaJSNumberOfRetriesExceeded' })

test('an error is known by its name in the protocol, however often the client wrapped it', () => {
  expect(faultOf(protocol('MESSAGE_TOO_LARGE'))).toEqual({ kind: 'size', reason: 'says MESSAGE_TOO_LARGE' })
  expect(faultOf(retried(retried(protocol('ILLEGAL_GENERATION')))).kind).toBe('fenced')
  const several = Object.assign(new Error('several'), { errors: [protocol('INVALID_REPLICATION_FACTOR')] })
  expect(faultOf(several).kind).toBe('replication')
  expect(faultOf(Object.assign(new Error('no'), { name: 'KafkaJSSASLAuthenticationError' })).kind).toBe('denied')
})

test('what has no name may pass: an outage, with the innermost reason', () => {
  expect(faultOf(retried(new Error('connect ECONNREFUSED')))).toEqual({
    kind: 'outage',
    reason: 'connect ECONNREFUSED',
  })
  expect(faultOf('odd')).toEqual({ kind: 'outage', reason: 'odd' })
  const circle = new Error('circle')
  circle.cause = circle
  expect(faultOf(circle).kind).toBe('outage')
})

test.each([
  ['UNKNOWN_TOPIC_OR_PARTITION', 'TM_LOG_TOPIC', true],
  ['GROUP_AUTHORIZATION_FAILED', 'TM_LOG_DENIED', true],
  ['MESSAGE_TOO_LARGE', 'TM_LOG_RECORD_SIZE', false],
  ['NOT_ENOUGH_REPLICAS', 'TM_LOG_UNAVAILABLE', true],
  ['NOT_LEADER_FOR_PARTITION', 'TM_LOG_UNAVAILABLE', true],
  ['OFFSET_METADATA_TOO_LARGE', 'TM_INTERNAL', false],
])('%s is %s', (type, code, retriable) => {
  expect(logError(retried(protocol(type)), 'points')).toMatchObject({ code, retriable })
})

test('an error of ours stays as it is', () => {
  const ours = new TidemarkError('TM_LOG_UNAVAILABLE', { reason: 'it is closed' })
  expect(logError(ours, 'points')).toBe(ours)
})
