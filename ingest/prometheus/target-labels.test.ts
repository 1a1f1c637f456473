import { expect, test } from 'vitest'
import type { Label } from '../../schemas/series/series.js'
import { attachTargetLabels } from './target-labels.js'

const labels = { job: 'node', instance: 'h:1' }
const attach = (own: Label[], honorLabels: boolean) =>
  Object.fromEntries(attachTargetLabels(own, { labels, honorLabels }))

test('a series gets the labels of its target', () => {
  expect(attach([['a', 'b']], false)).toEqual({ a: 'b', job: 'node', instance: 'h:1' })
})

test('where both have a label the scraped one is renamed', () => {
  expect(attach([['job', 'x']], false)).toEqual({ job: 'node', instance: 'h:1', exported_job: 'x' })
})

test('a renamed label never hides another one', () => {
  const own: Label[] = [
    ['job', 'x'],
    ['exported_job', 'y'],
  ]
  expect(attach(own, false)).toMatchObject({ job: 'node', exported_job: 'y', exported_exported_job: 'x' })
})

test('an empty scraped label is not worth a rename', () => {
  expect(attach([['job', '']], false)).toEqual(labels)
})

test('with honor_labels the scraped label stays, even an empty one', () => {
  expect(attach([['job', 'x']], true)).toEqual({ job: 'x', instance: 'h:1' })
  expect(attach([['job', '']], true)).toEqual({ job: '', instance: 'h:1' })
})
