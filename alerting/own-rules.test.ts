import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { activeAlerts } from './changes.js'
import { GroupEvaluator } from './evaluate.js'
import { readRuleFile } from './rule-file.js'
import { seriesOf } from './testing/series.js'

const yaml = readFileSync(new URL('./rules/tidemark.yaml', import.meta.url), 'utf8')
const [group] = readRuleFile(yaml, 'tidemark.yaml', 60_000)
const limits = { querySamples: 1_000_000, queryDepth: 100, queryResultSamples: 1_000_000 }
const MINUTE = 60_000

/** What a sound pipeline shows, one point every 30 s for an hour. */
const SOUND = {
  build: 'tidemark_build_info{role="gateway"} 1x120',
  points: 'tidemark_ingest_points_total 0+3000x120',
  self: 'tidemark_self_points_total 0+500x120',
  lag: 'tidemark_partition_lag_records{partition="0"} 3x120',
  fed: 'tidemark_live_view_fed{partition="0"} 1x120',
  late: 'tidemark_late_points_total{partition="0"} 0+1x120',
  archive: 'tidemark_archive_lag_seconds 12x120',
  age: 'tidemark_tide_line_age_seconds 650x120',
  divergence: 'tidemark_unexplained_divergence_windows 0x120',
  letters: 'tidemark_dead_letters_total 4x120',
}

/** Alerts that fire after so many minutes, each with its summary. */
async function firing(changes: Partial<Record<keyof typeof SOUND, string>>, minutes: number): Promise<string[]> {
  const source = seriesOf(
    Object.values({ ...SOUND, ...changes }).filter((line) => line !== ''),
    30_000,
  )
  const evaluator = new GroupEvaluator(group, { open: async () => source, limits, now: () => 0 })
  await evaluator.advance(minutes * MINUTE)
  const status = evaluator.status()
  expect(status.rules.filter(({ health }) => health !== 'ok')).toEqual([])
  return activeAlerts(status)
    .filter(({ state }) => state === 'firing')
    .map(({ labels, annotations }) => `${labels.alertname}: ${annotations.summary}`)
}

test('a sound pipeline gives no alert', async () => {
  for (const minutes of [20, 40, 60]) expect(await firing({}, minutes)).toEqual([])
})

test.each<[string, Partial<Record<keyof typeof SOUND, string>>, string]>([
  [
    'nothing but its own metrics',
    { points: SOUND.self.replace('self', 'ingest') },
    'TidemarkNoPoints: No points come in',
  ],
  ['no metrics at all', { build: '' }, "TidemarkMetricsMissing: Tidemark's own metrics are missing"],
  [
    'a reader that falls behind',
    { lag: 'tidemark_partition_lag_records{partition="0"} 0+40x120' },
    'TidemarkLogLagGrows: The speed layer falls behind in partition 0',
  ],
  [
    'a live view without a feed',
    { fed: 'tidemark_live_view_fed{partition="0"} 1x60 0x59' },
    'TidemarkLiveViewNotFed: The live view gets no windows of partition 0',
  ],
  [
    'a tenth of all points late',
    { late: 'tidemark_late_points_total{partition="0"} 0+300x120' },
    'TidemarkLateShare: 10% of all points come late',
  ],
  [
    'an archive that lags',
    { archive: 'tidemark_archive_lag_seconds 0+30x120' },
    'TidemarkArchiveLag: The archive is 1h 0m 0s behind',
  ],
  [
    'a tide line that stands',
    { age: 'tidemark_tide_line_age_seconds 0+30x120' },
    'TidemarkTideLineStands: The tide line stands still at 1h 0m 0s',
  ],
  [
    'views that differ',
    { divergence: 'tidemark_unexplained_divergence_windows 0x118 2x1' },
    'TidemarkUnexplainedDivergence: 2 windows differ between the two views',
  ],
  [
    'a record that nobody can read',
    { letters: 'tidemark_dead_letters_total 4x60 5x59' },
    'TidemarkDeadLetters: Records of the log could not be read',
  ],
])('%s gives its alert and no other', async (_, changes, alert) => {
  expect(await firing(changes, 60)).toEqual([alert])
})

test.each([
  [15, 0],
  [16.5, 0],
  [17, 1],
  [20, 1],
])('a lag that is over its limit from minute 15 on: after %s minutes %s alerts fire', async (minutes, count) => {
  const archive = 'tidemark_archive_lag_seconds 0x29 400x90'
  const fired = await firing({ archive }, minutes)
  expect(fired.filter((text) => text.startsWith('TidemarkArchiveLag'))).toHaveLength(count)
})
