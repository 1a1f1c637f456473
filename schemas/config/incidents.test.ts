import { expect, test } from 'vitest'
import { loadConfig } from './load.js'

const stepsOf = (overrides: Record<string, unknown>) => loadConfig({ env: {}, overrides }).escalation.P1.steps

test('P1 calls on-call at once, the lead after 10 minutes and the VP after 30, unless told otherwise', () => {
  expect(stepsOf({})).toEqual([
    { after: '0s', to: ['on-call'] },
    { after: '10m', to: ['team-lead'] },
    { after: '30m', to: ['vp'] },
  ])
  expect(stepsOf({ 'escalation.P1': { steps: [{ to: ['me'] }] } })).toEqual([{ after: '0s', to: ['me'] }])
})

test.each([
  ['whose first step waits', [{ after: '5m', to: ['a'] }], 'the first one comes after 5m'],
  [
    'whose steps are not in order',
    [
      { after: '0s', to: ['a'] },
      { after: '9m', to: ['b'] },
      { after: '5m', to: ['c'] },
    ],
    'not in the order of their times',
  ],
])('a policy %s is refused', (_, steps, reason) => {
  expect(() => stepsOf({ 'escalation.P1': { steps } })).toThrow(reason)
})
