import { EmbeddedCache } from '../../adapters/embedded/cache.js'
import { EmbeddedLiveView } from '../../adapters/embedded/live-view.js'
import { type EvaluateOptions, GroupEvaluator } from '../../alerting/evaluate.js'
import { Round } from '../../alerting/round.js'
import { asGroup } from '../../alerting/rule-book/as-group.js'
import { readRule } from '../../alerting/rule-book/rule.js'
import { judgedSource } from '../../roles/rule-source.js'
import { addSample } from '../../schemas/aggregates/index.js'
import { loadConfig } from '../../schemas/config/load.js'
import { Kind } from '../../schemas/points.js'
import type { LiveFeed } from '../../schemas/ports/window-store.js'
import { Series } from '../../schemas/series/series.js'
import { TIERS, WINDOW_MS } from '../../schemas/time.js'
import { WindowColumns } from '../../schemas/windows/columns.js'
import { createSeriesSource } from '../../serving/source.js'
import type { Views } from '../../serving/views.js'
import { seededRandom } from '../random.js'
import { answerRequests, startMeter } from './measured-process.js'

/** What the bench asks: so many rules over so many series. */
export interface RulesRequest {
  rules: number
  series: number
  rounds: number
  /** False: each rule by itself, as if no other were there. */
  together: boolean
}

/** What it took: one value a round. */
export interface RulesAnswer {
  lagSeconds: number[]
  cpuSeconds: number[]
  firing: number
  failing: number
  residentMegabytes: number
}

const METRICS = 100
const SERVICES = 50
/** Windows that rules look back on: 10 minutes for changes, 5 minutes of lookback. */
const HISTORY = 92
const T0 = Date.UTC(2026, 0, 1)
/** Rounds until the code is warm. */
const WARM_ROUNDS = 2

answerRequests<RulesRequest>(run, async () => {})

async function run({ rules, series, rounds, together }: RulesRequest): Promise<RulesAnswer> {
  const all = seriesOf(series)
  const live = new EmbeddedLiveView(1)
  const feed = await live.follow(0, T0)
  const random = seededRandom(1)
  let nowMs = T0
  const window = async () => {
    await put(feed, all, nowMs, random)
    nowMs += WINDOW_MS
    await live.trim(nowMs - HISTORY * WINDOW_MS)
  }
  for (let i = 0; i < HISTORY; i++) await window()
  tell(`${HISTORY} windows of each series are there`)
  const source = judgedSource(createSeriesSource(viewsOf(live, () => nowMs)), () => nowMs)
  const { limits } = loadConfig({ env: {} })
  const options: EvaluateOptions = { open: () => source.open(), limits, now: () => performance.now() }
  const evaluators = ruleInputs(rules).map(
    (input) => new GroupEvaluator(asGroup(readRule(input), undefined, WINDOW_MS), options),
  )
  const lagSeconds: number[] = []
  const cpuSeconds: number[] = []
  for (let round = 0; round < WARM_ROUNDS + rounds; round++) {
    await window()
    const meter = startMeter()
    await judge(evaluators, nowMs, options, together)
    const spent = meter()
    const kind = round < WARM_ROUNDS ? 'to warm up' : `${round + 1 - WARM_ROUNDS} of ${rounds}`
    tell(`round ${kind}: lag ${spent.wallSeconds.toFixed(2)} s, CPU ${spent.cpuSeconds.toFixed(2)} s`)
    if (round < WARM_ROUNDS) continue
    lagSeconds.push(spent.wallSeconds)
    cpuSeconds.push(spent.cpuSeconds)
  }
  const statuses = evaluators.flatMap((one) => one.status().rules)
  return {
    lagSeconds,
    cpuSeconds,
    firing: statuses.flatMap(({ alerts }) => alerts).filter(({ state }) => state === 'firing').length,
    failing: statuses.filter(({ health }) => health === 'err').length,
    residentMegabytes: process.memoryUsage().rss / 2 ** 20,
  }
}

function tell(progress: string): void {
  process.stderr.write(`${' '.repeat(22)}${progress}\n`)
}

async function judge(evaluators: readonly GroupEvaluator[], toMs: number, options: EvaluateOptions, together: boolean) {
  if (!together) {
    for (const one of evaluators) await one.advance(toMs)
    return
  }
  const round = new Round(options)
  for (const one of evaluators) round.plan(one, toMs)
  for (const one of evaluators) await one.advance(toMs, round)
}

function seriesOf(count: number): Series[] {
  return Array.from({ length: count }, (_, i) => {
    const n = Math.floor(i / METRICS)
    const labels = { service: `service-${n % SERVICES}`, host: `host-${n}`, region: `region-${n % 3}` }
    return Series.of(`metric_${i % METRICS}`, labels, Kind.Sample)
  })
}

async function put(feed: LiveFeed, all: readonly Series[], startMs: number, random: () => number): Promise<void> {
  const windows = new WindowColumns(all.length)
  for (const series of all) addSample(windows, windows.push(series, startMs), startMs + 1000, random() * 100, false)
  windows.settle()
  await feed.put([{ partition: 0, startMs, closed: true, windows }], startMs + WINDOW_MS)
}

/** Rules as a few teams have them: of one service, of all, of rates, of changes, of two metrics together. */
function ruleInputs(count: number): object[] {
  return Array.from({ length: count }, (_, i) => {
    const metric = `metric_${i % METRICS}`
    const other = `metric_${(i + 1) % METRICS}`
    const n = Math.floor(i / METRICS)
    const service = `service="service-${n % SERVICES}"`
    const forms = [
      `${metric}{${service}} > ${95 + (n % 10) / 2} FOR 1m`,
      `${metric}{${service}} > ${90 + (n % 20) / 2} FOR 5m`,
      `avg by (service) (${metric}) > ${60 + (n % 30)}`,
      `rate(${metric}{${service}}[5m]) > ${20 + n}`,
      `${metric}{${service}} increases > ${2000 + n}% in 10 minutes`,
      `${metric}{${service}} > 97 AND ${other}{${service}} > 97`,
      `${metric} > ${99 + (n % 10) / 10} FOR 2m`,
      `max by (region) (${metric}) < ${20 + n}`,
      `${metric}{${service}} < ${(n % 10) / 10} FOR 1m`,
      `sum by (service) (rate(${metric}[5m])) > ${1000 + n}`,
    ]
    return { name: `rule ${i}`, when: forms[n % forms.length], severity: 'P3' }
  })
}

/** The live view alone: nothing is sealed, and nothing is older. */
function viewsOf(live: EmbeddedLiveView, clock: () => number): Views {
  const { limits } = loadConfig({ env: {} })
  const heldFromMs = Object.fromEntries(TIERS.map((tier) => [tier, undefined])) as never
  return {
    batch: {
      snapshot: async () => ({
        epoch: 1,
        frontierMs: 0,
        blockMs: 600_000,
        heldFromMs,
        completeThroughMs: Number.POSITIVE_INFINITY,
        closedThroughMs: Number.POSITIVE_INFINITY,
      }),
      blocks: async () => [],
      version: async () => '',
      read: async function* () {},
      aggregate: async () => undefined,
      series: async () => [],
    },
    hot: { read: async function* () {}, series: async () => [] },
    live,
    cache: new EmbeddedCache(0, clock),
    clock,
    latenessMs: 0,
    limits,
    queryTtlMs: 0,
    tagIndexTtlMs: 0,
  }
}
