import { expect, test } from 'vitest'
import { compareLabels, dropMetadata, formatLabels, type LabelSet, labelsKey, setLabel } from './labels.js'

const up: LabelSet = [
  ['__name__', 'up'],
  ['job', 'api'],
]

test('label sets are printed as Prometheus prints them, the name among the labels', () => {
  expect(formatLabels(up)).toBe('{__name__="up", job="api"}')
  expect(formatLabels([['a b', 'say "hi"\n']])).toBe('{"a b"="say \\"hi\\"\\n"}')
  expect(formatLabels([])).toBe('{}')
})

test('a set is its own key; what belongs to a name never runs into the next', () => {
  expect(labelsKey([['a', 'bc']])).not.toBe(labelsKey([['ab', 'c']]))
  expect(labelsKey([...up])).toBe(labelsKey(up))
})

test('a label is set in its place, and to nothing it is gone', () => {
  expect(setLabel(up, 'a', '1').map(([name]) => name)).toEqual(['__name__', 'a', 'job'])
  expect(setLabel(up, 'job', 'db')).toEqual([
    ['__name__', 'up'],
    ['job', 'db'],
  ])
  expect(setLabel(up, 'job', '')).toEqual([['__name__', 'up']])
})

test('sets are in order of the first label that differs, a prefix first', () => {
  const sets: LabelSet[] = [
    [['a', '2']],
    [
      ['a', '1'],
      ['b', '1'],
    ],
    [['a', '1']],
    [['b', '0']],
    [],
  ]
  expect(sets.sort(compareLabels).map(formatLabels)).toEqual(['{}', '{a="1"}', '{a="1", b="1"}', '{a="2"}', '{b="0"}'])
})

test('type and unit go with the name', () => {
  expect(
    dropMetadata([
      ['__name__', 'x'],
      ['__type__', 'counter'],
      ['__unit__', 's'],
      ['job', 'a'],
    ]),
  ).toEqual([['job', 'a']])
})
