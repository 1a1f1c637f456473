import { expect, test } from 'vitest'
import { titleOf } from './title.js'

const FIVE = ['a', 'b', 'c', 'd', 'e']

test.each([
  [{ condition: 'error_rate > 5%', service: 'api', region: 'eu', known: 9 }, 'api: error_rate > 5% on 5/9 hosts in eu'],
  [{ condition: 'error_rate > 5%', service: 'api' }, 'api: error_rate > 5% on 5 hosts'],
  [{}, 'HighErrors on 5 hosts'],
  [{ service: 'api', known: 3 }, 'api: HighErrors on 5 hosts'],
])('of %o the title is "%s"', ({ known, ...facts }: Record<string, unknown>, title) => {
  const hosts = { firing: FIVE, known: known as number | undefined }
  expect(titleOf({ rule: 'HighErrors', ...facts, hosts })).toBe(title)
})

test('one host is named, and none is left out', () => {
  expect(titleOf({ rule: 'Down', hosts: { firing: ['web-1'] } })).toBe('Down on web-1')
  expect(titleOf({ rule: 'Down', hosts: { firing: ['web-1'], known: 1 } })).toBe('Down on 1/1 host')
  expect(titleOf({ rule: 'Down', hosts: { firing: [] } })).toBe('Down')
})
