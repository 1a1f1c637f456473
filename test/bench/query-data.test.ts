import { expect, test } from 'vitest'
import { DATA_END_MS, dataStartMs, pointsOf, stretches } from './query-data.js'

const SCALE = { days: 1, series: 100 }

/** Every point as text, and the times of each series. */
function allPoints() {
  const points: string[] = []
  const times = new Map<string, number[]>()
  for (const stretch of stretches(SCALE)) {
    for (const { series, timeMs, value } of stretch.points()) {
      const name = `${series.metric}${JSON.stringify(series.labels)}`
      const known = times.get(name) ?? []
      times.set(name, known)
      for (let i = 0; i < value.length; i++) {
        known.push(timeMs[i])
        points.push(`${name} ${value[i]} @${timeMs[i]}`)
      }
    }
  }
  return { points, times }
}

test('the data are as many as announced, lie behind the start up to the end, and ascend in each series', () => {
  const { points, times } = allPoints()
  expect(points).toHaveLength(pointsOf(SCALE))
  expect(times.size).toBe(SCALE.series + SCALE.series / 10)
  for (const series of times.values()) {
    expect(series.every((timeMs, i) => timeMs > (series[i - 1] ?? dataStartMs(SCALE)))).toBe(true)
    expect(series.at(-1)).toBe(DATA_END_MS)
  }
})

test('the data are the same each time they are made', () => {
  expect(allPoints().points).toEqual(allPoints().points)
})
