import { expect, test } from 'vitest'
import { severityOf, worst } from './severity.js'

test.each([
  ['P1', 'P1'],
  ['p4', 'P4'],
  ['critical', 'P1'],
  ['emergency', 'P1'],
  ['Warning', 'P3'],
  ['info', 'P4'],
  ['toString', 'P3'],
])('the label severity="%s" means %s', (severity, meant) => {
  expect(severityOf({ severity })).toBe(meant)
})

test('an alert that names none is to be looked at', () => {
  expect(severityOf({})).toBe('P3')
})

test('the worst is the first', () => {
  expect(worst(['P3', 'P1', 'P2'])).toBe('P1')
})
