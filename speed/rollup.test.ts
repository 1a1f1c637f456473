import { describe, expect, test } from 'vitest'
import { addSample } from '../schemas/aggregates/index.js'
import { Kind } from '../schemas/points.js'
import { Series } from '../schemas/series/series.js'
import { WindowColumns } from '../schemas/windows/columns.js'
import { Rollups } from './rollup.js'

const latency = (host: string, region: string) => Series.of('api_latency', { host, region }, Kind.Sample)

/** Windows of one reading each. */
function windowsOf(...readings: [series: Series, value: number][]): WindowColumns {
  const windows = new WindowColumns()
  for (const [series, value] of readings) addSample(windows, windows.push(series, 0), 0, value, false)
  return windows
}

const textOf = (windows: WindowColumns) =>
  windows.series.map((series, row) => `${series} count ${windows.count[row]} sum ${windows.sum[row]}`)

describe('a rollup', () => {
  const hosts = () => windowsOf([latency('a', 'eu'), 1], [latency('b', 'eu'), 2], [latency('c', 'us'), 4])

  test('adds one derived window for each combination of the labels that it keeps', () => {
    const rollups = new Rollups([{ match: 'api_latency', by: ['region'], keep_source: true }])
    expect(textOf(rollups.apply(hosts())).filter((text) => text.includes(':by_region'))).toEqual([
      'api_latency:by_region{region="eu"} (event) count 2 sum 3',
      'api_latency:by_region{region="us"} (event) count 1 sum 4',
    ])
  })

  test('leaves its sources out if told to, and metrics that it does not match as they are', () => {
    const rollups = new Rollups([{ match: 'api_latency', by: [], keep_source: false }])
    const windows = windowsOf([latency('a', 'eu'), 1], [Series.of('up', [], Kind.Sample), 1])
    expect(textOf(rollups.apply(windows))).toEqual(['api_latency:by_{} (event) count 1 sum 1', 'up{} count 1 sum 1'])
  })

  test('gives the same again for the next windows', () => {
    const rollups = new Rollups([{ match: 'api_latency', by: ['region'], keep_source: false }])
    expect(textOf(rollups.apply(hosts()))).toEqual(textOf(rollups.apply(hosts())))
  })
})
