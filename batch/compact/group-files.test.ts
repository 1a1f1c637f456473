import { expect, test } from 'vitest'
import { groupFiles } from './group-files.js'

const file = (spanStart: number, spanEnd: number, bytes: number, epochFrom = spanStart) => ({
  spanStart,
  spanEnd,
  bytes,
  epochFrom,
})
const starts = (groups: { spanStart: number }[][]) => groups.map((group) => group.map(({ spanStart }) => spanStart))

test('neighbours become one file until it is large enough', () => {
  const files = [file(0, 1, 40), file(1, 2, 40), file(2, 3, 40), file(3, 4, 40), file(4, 5, 40)]
  expect(starts(groupFiles(files, 100, 2))).toEqual([
    [0, 1],
    [2, 3],
  ])
})

test('what lies over a large file is merged with it, and a file by itself is left alone', () => {
  expect(starts(groupFiles([file(0, 10, 200), file(3, 4, 1), file(10, 11, 1)], 100, 2))).toEqual([[0, 3]])
  expect(groupFiles([file(0, 10, 200), file(10, 20, 200)], 100, 2)).toEqual([])
  expect(groupFiles([file(0, 10, 20, 7), file(0, 10, 30, 7)], 100, 2)).toEqual([])
})

test('few origins are not worth rewriting much', () => {
  const files = [file(0, 1, 10), file(1, 2, 10), file(2, 3, 10)]
  expect(groupFiles(files, 100, 4)).toEqual([])
  expect(starts(groupFiles([...files, file(3, 4, 10)], 100, 4))).toEqual([[0, 1, 2, 3]])
})
