import { expect, test } from 'vitest'
import { isAtLeast } from './versions.js'

test.each([
  ['17.0.15', '17', true],
  ['21', '17.0.2', true],
  ['11.0.2', '17', false],
  ['1.19', '1.21', false],
  ['1.21', '1.21.0', true],
  ['1.30', '1.4', true],
  ['7.0.15', '7.0.16', false],
])('%s against %s', (version, oldest, expected) => expect(isAtLeast(version, oldest)).toBe(expected))
