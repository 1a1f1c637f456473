import { expect, test } from 'vitest'
import { type HeldAlert, heldAlert, type ToldAlert } from './alert.js'
import { ownChanges } from './own-changes.js'

const told = (alertname: string, fields: Partial<ToldAlert> = {}): ToldAlert => ({
  labels: { alertname },
  annotations: {},
  value: 1,
  startsMs: 10,
  endsMs: Number.POSITIVE_INFINITY,
  ...fields,
})
const held = (...alerts: ToldAlert[]): Map<string, HeldAlert> =>
  new Map(alerts.map((one) => heldAlert(one, 10, 0)).map((alert) => [alert.fingerprint, alert]))
const names = (alerts: readonly HeldAlert[]) => alerts.map(({ labels }) => labels.alertname)

test.each<[string, Map<string, HeldAlert>, ToldAlert[], string[], string[]]>([
  ['what began fires', held(), [told('a')], ['a'], []],
  ['what goes on unchanged is nothing new', held(told('a')), [told('a')], [], []],
  [
    'another value or text is',
    held(told('a'), told('b')),
    [told('a', { value: 2 }), told('b', { annotations: { x: 'y' } })],
    ['a', 'b'],
    [],
  ],
  ['what is gone is resolved', held(told('a'), told('b')), [told('b')], [], ['a']],
  ['but only once', held(told('a', { endsMs: 20 })), [], [], []],
  ['what fires again is new', held(told('a', { endsMs: 20 })), [told('a')], ['a'], []],
  ['two rules that give the same labels are one alert', held(), [told('a'), told('a', { value: 2 })], ['a'], []],
])('%s', (_, before, firing, fired, resolved) => {
  const changes = ownChanges(before, firing, 100)
  expect([names(changes.fired), names(changes.resolved)]).toEqual([fired, resolved])
  for (const alert of changes.resolved) expect(alert).toMatchObject({ endsMs: 100, updatedMs: 100 })
})
