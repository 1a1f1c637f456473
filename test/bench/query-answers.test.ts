import { expect, test } from 'vitest'
import { compareAnswers } from './query-answers.js'

function answer(values: Record<string, [number, string][]>): Buffer {
  const result = Object.entries(values).map(([host, points]) => ({
    metric: { __name__: 'up', host },
    values: points,
  }))
  return Buffer.from(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }))
}

test('answers are compared value by value, in whatever order their series come', () => {
  const ours = answer({ a: [[1, '100']], b: [[1, '5']] })
  const theirs = answer({ b: [[1, '5']], a: [[1, '101']] })
  expect(compareAnswers(ours, theirs)).toEqual({ values: 2, missing: 0, relative: 1 / 101 })
})

test('a value that only one of them has is missing', () => {
  const ours = answer({ a: [[1, '1']] })
  const theirs = answer({
    a: [
      [1, '1'],
      [2, '1'],
    ],
    b: [[1, '1']],
  })
  expect(compareAnswers(ours, theirs)).toMatchObject({ values: 1, missing: 2 })
})
