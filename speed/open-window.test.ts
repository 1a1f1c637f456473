import { expect, test } from 'vitest'
import { Kind } from '../schemas/points.js'
import { Series } from '../schemas/series/series.js'
import { OpenWindow } from './open-window.js'

const latency = Series.of('latency', [], Kind.EventTimer)

test('what a provisional flush handed out does not change while the window goes on', () => {
  const window = new OpenWindow(0, 0)
  window.addEvent(0, latency, 1, 10, 1)
  window.addEvent(0, latency, 2, 20, 1)
  const provisional = window.fold([latency])
  window.addEvent(0, latency, 3, 1000, 5)
  expect([provisional.count[0], provisional.max[0], provisional.sketch[0]?.count()]).toEqual([2, 20, 2])
  const closed = window.fold([latency])
  expect([closed.count[0], closed.max[0], closed.sketch[0]?.count()]).toEqual([7, 1000, 7])
})
