import type { LabelSet } from '../../promql/labels.js'
import { METRIC_NAME } from '../../promql/labels.js'
import type { Vocabulary } from '../promql-grammar/random-expr.js'
import { chance, pick, type Random, wholeUpTo } from '../promql-grammar/random-pick.js'
import type { DataSet, FuzzSeries } from './data-set.js'
import { type Behaviour, counter, gauge, histograms, mixed, odd, pointsAt, randomTimes } from './random-points.js'

/** Names of metrics, and how each behaves. */
const METRICS: Readonly<Record<string, (random: Random) => Behaviour>> = {
  requests_total: counter,
  temperature: gauge,
  odd,
  latency: (random) => histograms(random, false),
  sizes: (random) => histograms(random, true),
  mixed,
  'größe.x': gauge,
}
const CLASSIC = 'classic_bucket'
const INFO = 'target_info'
const BOUNDS = ['0.1', '1', '5', '+Inf']
const VALUES = ['a', 'b']

/** What queries of the random data are made of: labels of few values, so that series often match. */
export const FUZZ_VOCABULARY: Omit<Vocabulary, 'depth'> = {
  metrics: [...Object.keys(METRICS), 'requests_total', 'temperature', 'latency', CLASSIC, INFO, 'absent_metric'],
  labels: ['job', 'instance', 'le', 'data'],
  values: [...VALUES, '1', ''],
}

/** Some twenty series of every behaviour. The same random numbers give the same points. */
export function randomDataSet(random: Random): DataSet {
  const unitMs = pick(random, [250, 1000, 5000])
  const series: FuzzSeries[] = []
  const shared = randomTimes(random, unitMs)
  const add = (labels: Record<string, string>, behaviour: Behaviour) => {
    const times = chance(random, 0.6) ? shared : randomTimes(random, unitMs)
    series.push({ labels: labelSet(labels), points: pointsAt(random, times, behaviour) })
  }
  for (const [metric, behaviour] of Object.entries(METRICS)) {
    for (const labels of identities(random)) add({ [METRIC_NAME]: metric, ...labels }, behaviour(random))
  }
  for (const labels of identities(random).slice(0, 2)) {
    add({ [METRIC_NAME]: INFO, ...labels, data: pick(random, VALUES) }, () => 1)
    for (const le of classicBounds(random)) add({ [METRIC_NAME]: CLASSIC, ...labels, le }, counter(random))
  }
  return { unitMs, series }
}

/** Distinct job and instance of one to four series; some have no instance. */
function identities(random: Random): Record<string, string>[] {
  const all = VALUES.flatMap((job) => [...VALUES, ''].map((instance) => ({ job, instance })))
  const kept = all.filter(() => chance(random, 0.4))
  return kept.length > 0 ? kept : [pick(random, all)]
}

/** Mostly all bounds; now and then one is missing, malformed or written in another way. */
function classicBounds(random: Random): string[] {
  const bounds = chance(random, 0.2) ? BOUNDS.filter(() => chance(random, 0.8)) : [...BOUNDS]
  if (chance(random, 0.1)) bounds.push(pick(random, ['many', '', '1.0', 'NaN', String(wholeUpTo(random, 9))]))
  return [...new Set(bounds)]
}

function labelSet(labels: Record<string, string>): LabelSet {
  const pairs = Object.entries(labels).filter(([, value]) => value !== '')
  return pairs.sort(([a], [b]) => (a < b ? -1 : 1))
}
