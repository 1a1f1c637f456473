import { expect, test } from 'vitest'
import { FreshAnswers } from './fresh-answers.js'

/** Questions that are answered by hand, with a number each. */
function questions() {
  const open: ((outcome: number | Error) => void)[] = []
  let asked = 0
  const answers = new FreshAnswers(() => {
    const number = ++asked
    return new Promise<number>((resolve, reject) => {
      open.push((outcome) => (outcome instanceof Error ? reject(outcome) : resolve(number)))
    })
  })
  return { answers, open, asked: () => asked }
}

test('callers that come while a question is under way share the next one', async () => {
  const { answers, open, asked } = questions()
  const first = answers.get('points')
  const later = [answers.get('points'), answers.get('points')]
  expect(asked()).toBe(1)
  open[0](0)
  expect(await first).toBe(1)
  await new Promise(setImmediate)
  expect(asked()).toBe(2)
  const latest = answers.get('points')
  open[1](0)
  expect(await Promise.all(later)).toEqual([2, 2])
  await new Promise(setImmediate)
  open[2](0)
  expect(await latest).toBe(3)
})

test('a question that failed fails its callers, not those of the next', async () => {
  const { answers, open } = questions()
  const first = answers.get('points')
  const second = answers.get('points')
  open[0](new Error('away'))
  await expect(first).rejects.toThrow('away')
  await new Promise(setImmediate)
  open[1](0)
  expect(await second).toBe(2)
})

test('another topic is another question', () => {
  const { answers, asked } = questions()
  void answers.get('points')
  void answers.get('windows')
  expect(asked()).toBe(2)
})
