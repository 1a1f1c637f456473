import { expect, test } from 'vitest'
import type { LabelSet } from './labels.js'
import { derivedOfLabels } from './labels-memory.js'

const seriesOf = (count: number) => Array.from({ length: count }, (_, i): LabelSet => [['host', `h${i}`]])
const withLabels = (sets: readonly LabelSet[]) => sets.map((labels) => ({ labels }))

/** How often it was derived, and of which hosts. */
function deriving() {
  const derived: number[] = []
  const hosts = (kind: string, series: readonly { labels: LabelSet }[]) =>
    derivedOfLabels(kind, series, () => {
      derived.push(series.length)
      return series.map(({ labels }) => labels[0][1])
    })
  return { derived, hosts }
}

test('what follows from labels is derived once for the same label sets in the same order', async () => {
  const { derived, hosts } = deriving()
  const sets = seriesOf(300)
  const first = await hosts('hosts', withLabels(sets))
  expect(await hosts('hosts', withLabels(sets))).toBe(first)
  expect(await hosts('others', withLabels(sets))).toEqual(first)
  expect(derived).toEqual([300, 300])
})

test('it is derived again once a series is another one, is gone, or stands elsewhere', async () => {
  const { derived, hosts } = deriving()
  const sets = seriesOf(300)
  const [first, second, ...rest] = sets
  const orders = [
    sets,
    [first, [['host', 'new']] as LabelSet, ...rest],
    [first, ...rest],
    [first, ...rest, second],
    sets,
  ]
  for (const order of orders) {
    expect(await hosts('hosts', withLabels(order))).toEqual(order.map((labels) => labels[0][1]))
  }
  expect(derived).toHaveLength(orders.length)
})
