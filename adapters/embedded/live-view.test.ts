import { expect, test } from 'vitest'
import { Feeder } from '../../test/contract/feeder.js'
import { batch, cpu, everything, memory, readAll, T0 } from '../../test/contract/window-fixtures.js'
import { EmbeddedLiveView } from './live-view.js'

test('forgets series that have no windows left, and still finds the others', async () => {
  const view = new EmbeddedLiveView(1)
  const feeder = new Feeder(view, 1)
  const shortLived = Array.from({ length: 100 }, (_, i) => ({ series: cpu({ pod: `${i}` }), values: [i] }))
  await feeder.put([batch(T0, 0, shortLived), batch(T0 + 10_000, 0, [{ series: memory({ host: 'a' }), values: [1] }])])
  await view.trim(T0 + 10_000)
  expect((await view.series({ startMs: 0, endMs: Number.MAX_SAFE_INTEGER, matchers: [] })).map(String)).toEqual([
    'memory{host="a"}',
  ])
  await feeder.put([batch(T0 + 20_000, 0, [{ series: cpu({ pod: '7' }), values: [3] }])])
  expect(Object.keys(await readAll(view, everything())).sort()).toEqual([
    'cpu{pod="7"} @ 20000',
    'memory{host="a"} @ 10000',
  ])
})
