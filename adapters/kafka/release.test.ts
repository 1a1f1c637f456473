import { expect, test } from 'vitest'
import { releaseOf } from './release.js'

test('a release is known by the version of the produce request that it takes', () => {
  expect(releaseOf({ 0: { maxVersion: 13 } })).toBe('4.1 or newer')
  expect(releaseOf({ 0: { maxVersion: 20 } })).toBe('4.1 or newer')
  expect(releaseOf({ 0: { maxVersion: 11 } })).toBe('3.8 or newer')
  expect(releaseOf({ 0: { maxVersion: 7 } })).toBe('older than 3.7')
  expect(releaseOf({})).toBe('older than 3.7')
})
