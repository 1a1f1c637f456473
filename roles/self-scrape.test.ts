import { expect, test } from 'vitest'
import { collecting } from './self-scrape.js'

test.each<[string, { id: string; roles: string[] }[], string | undefined]>([
  ['nobody', [], undefined],
  ['no gateway', [{ id: 's', roles: ['speed'] }], undefined],
  [
    'the oldest of the gateways, though older processes of other roles run',
    [
      { id: 's', roles: ['speed'] },
      { id: 'g1', roles: ['gateway'] },
      { id: 'g2', roles: ['gateway', 'serving'] },
    ],
    'g1',
  ],
])('own metrics are collected by %s', (_, instances, id) => {
  expect(collecting(instances)).toBe(id)
})
