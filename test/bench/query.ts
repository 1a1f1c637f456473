import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { textTable } from '../../cli/text-table.js'
import type { Bench, BenchContext, Figure } from './bench.js'
import { MeasuredProcess, type Spent } from './measured-process.js'
import { type AskedServer, askRange, compareAnswers } from './query-answers.js'
import { type QueryCase, queryCases, withClosedRanges } from './query-cases.js'
import { DATA_END_MS } from './query-data.js'
import { dataFolder, loadPeers, loadTidemark } from './query-load.js'
import { isInstalled, PEERS, type PeerKind, startPeer } from './query-peers.js'
import type { QueryServerRequest, QueryServerStarted } from './query-server.js'
import { median } from './table.js'

/** Asked before the clock runs: code and page cache are warm. */
const WARM_UPS = 2
/** Each question ends this much before the last one, so that no server has its answer in a cache. */
const SHIFT_MS = 3_600_000
/** Begins the verdict on an answer that is not ours. */
const WRONG = 'NO'

/** A server in the comparison. */
interface Contender extends AskedServer {
  name: string
  cpuSeconds(): Promise<number>
  stop(): Promise<void>
}

/** What one server did with one query. */
interface Measured {
  /** One a run, ms. */
  times: number[]
  /** User and system CPU of the server for all runs, seconds. */
  cpuSeconds: number
  /** Whether its answer is ours, and how far they differ. */
  verdict: string
}

interface ServerFigures {
  name: string
  figures: Map<QueryCase, Measured>
}

/** Queries over 30 days, beside the peers that are installed here. */
export const query: Bench = {
  name: 'query',
  about:
    'PromQL over 30 days, beside victoria-metrics and prometheus if they are on PATH; the first run loads for an hour',
  onlyByName: true,
  runs: 15,
  async run(context) {
    const { scale } = context
    const cases = queryCases(scale)
    const folder = join(context.keptFolder ?? context.folder, `query-${scale.days}d-${scale.series}`)
    mkdirSync(folder, { recursive: true })
    // An embedded Postgres that was started by root runs as another user, who must get through.
    chmodSync(folder, 0o755)
    const peers = PEERS.filter((kind) => {
      if (isInstalled(kind)) return true
      context.progress(`${kind.program} is not on PATH: it has no column`)
      return false
    })
    await loadTidemark(folder, context)
    await loadPeers(peers, folder, context)

    const [ours, answers] = await measureTidemark(folder, cases, context)
    const theirs: ServerFigures[] = []
    for (const kind of peers) theirs.push(await measurePeer(kind, folder, cases, answers, context))
    context.print(comparison(cases, ours, theirs))
    const wrong = theirs.flatMap(({ name, figures }) =>
      [...figures].filter(([, { verdict }]) => verdict.startsWith(WRONG)).map(([one]) => `${one.name} (${name})`),
    )
    if (wrong.length > 0) throw new Error(`answers differ from those of a peer: ${wrong.join(', ')}`)
    return cases.map((one): Figure => ({ key: `query ${one.name}`, unit: 'ms', values: ours.figures.get(one)!.times }))
  },
}

async function measureTidemark(
  folder: string,
  cases: readonly QueryCase[],
  context: BenchContext,
): Promise<[ServerFigures, Map<QueryCase, Buffer>]> {
  const server = new MeasuredProcess('query-server.js', context)
  const ask = <T>(request: QueryServerRequest) => server.ask<T>(request)
  const { port } = await ask<QueryServerStarted>({ start: { folder: dataFolder(folder, 'Tidemark') } })
  let cpuSeconds = 0
  const contender: Contender = {
    name: 'Tidemark',
    url: `http://127.0.0.1:${port}`,
    parameters: {},
    async cpuSeconds() {
      cpuSeconds += (await ask<Spent>({ meter: true })).cpuSeconds
      return cpuSeconds
    },
    stop: () => server.end(),
  }
  const answers = new Map<QueryCase, Buffer>()
  const measured = await measure(contender, cases, context, async (one) => {
    answers.set(one, (await askRange(contender, one, DATA_END_MS)).body)
    return ''
  })
  return [measured, answers]
}

async function measurePeer(
  kind: PeerKind,
  folder: string,
  cases: readonly QueryCase[],
  answers: ReadonlyMap<QueryCase, Buffer>,
  context: BenchContext,
): Promise<ServerFigures> {
  const { url, cpuSeconds, stop } = await startPeer(kind, dataFolder(folder, kind.name))
  const peer: Contender = {
    name: kind.name,
    url,
    parameters: kind.uncached,
    cpuSeconds: async () => cpuSeconds(),
    stop,
  }
  return measure(peer, cases, context, async (one) => {
    const expr = kind.hasClosedRanges ? withClosedRanges(one.expr) : one.expr
    const { body } = await askRange(peer, { ...one, expr }, DATA_END_MS)
    const { values, missing, relative } = compareAnswers(answers.get(one)!, body)
    const within = one.within[kind.key]
    const isWrong = values === 0 || missing > 0 || (within !== undefined && relative > within)
    const verdict = isWrong ? WRONG : within === undefined ? 'other rule' : 'yes'
    return `${verdict}, ${relative.toPrecision(1)}${missing > 0 ? `, ${missing} of ${values + missing} missing` : ''}`
  })
}

/** Every case: compared once, which warms it up, then measured. */
async function measure(
  contender: Contender,
  cases: readonly QueryCase[],
  { runs, progress }: BenchContext,
  check: (one: QueryCase) => Promise<string>,
): Promise<ServerFigures> {
  const figures = new Map<QueryCase, Measured>()
  const ask = async (one: QueryCase, run: number) =>
    (await askRange(contender, one, DATA_END_MS - (run + 1) * SHIFT_MS)).ms
  try {
    for (const one of cases) {
      const verdict = await check(one)
      for (let run = 0; run < WARM_UPS; run++) await ask(one, runs + run)
      const before = await contender.cpuSeconds()
      const times: number[] = []
      for (let run = 0; run < runs; run++) times.push(await ask(one, run))
      figures.set(one, { times, cpuSeconds: (await contender.cpuSeconds()) - before, verdict })
      progress(`${contender.name}: ${one.name}: ${Math.round(median(times))} ms`)
    }
  } finally {
    await contender.stop()
  }
  return { name: contender.name, figures }
}

/** Ours beside theirs. */
function comparison(cases: readonly QueryCase[], ours: ServerFigures, theirs: readonly ServerFigures[]): string {
  const head = [
    'ms',
    'p50',
    'p95',
    'CPU',
    ...theirs.flatMap(({ name }) => [`${name} p50`, 'x', 'p95', 'x', 'CPU', 'x', 'same answer']),
  ]
  const rows = cases.map((one) => {
    const own = spread(ours.figures.get(one)!)
    const beside = theirs.flatMap(({ figures }) => {
      const other = figures.get(one)!
      return [...spread(other).flatMap((value, i) => [ms(value), (value / own[i]).toFixed(2)]), other.verdict]
    })
    return [one.name, ...own.map(ms), ...beside]
  })
  const cpu = [ours, ...theirs].map(({ name, figures }) => {
    const seconds = [...figures.values()].reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)
    return `${name} ${seconds.toFixed(1)} s`
  })
  return [
    textTable(head, rows),
    '',
    'Milliseconds over HTTP until the last byte, one client; CPU of the server, a query. x: theirs over ours; above 1 is better.',
    'Each question ends an hour before the one before it, so none is answered from a cache; VictoriaMetrics has its own turned off.',
    'Prometheus 2 has closed ranges: for the comparison of answers (not for the times) it is asked for 1 ms less.',
    `CPU for all measured queries: ${cpu.join(', ')}; without that of the embedded catalog's Postgres.`,
  ].join('\n')
}

/** The middle value, the one that at most one of twenty exceeds, and CPU a query, ms. */
function spread({ times, cpuSeconds }: Measured): [p50: number, p95: number, cpu: number] {
  const sorted = [...times].sort((a, b) => a - b)
  return [median(sorted), sorted[Math.ceil(0.95 * sorted.length) - 1], (1000 * cpuSeconds) / times.length]
}

function ms(value: number): string {
  return value < 100 ? value.toFixed(1) : Math.round(value).toString()
}
