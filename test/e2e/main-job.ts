import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { PROTOCOLS, type Protocol, sendStatsd, sendUntilAcknowledged } from './client.js'
import { compareWindows, type MatrixAnswer } from './compare-windows.js'
import { expectedWindows, type SentPoint } from './expected-windows.js'
import { checkLateData } from './late-data.js'
import { TestServer } from './server.js'
import { readScrapes, type TraceReading } from './trace.js'

/**
 * The main job, for real: a server as a user starts it, real metrics over HTTP and UDP, SIGKILL half-way, a restart,
 * sealed blocks, and then every window of every series compared with what the list of sent points says.
 */
const { values } = parseArgs({
  options: {
    trace: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    keep: { type: 'boolean', default: false },
  },
})
const seconds = Number(values.seconds)
const dataDir = mkdtempSync(join(tmpdir(), 'tidemark-e2e-'))
const settings = {
  TIDEMARK_COLLECTOR_ENABLED: 'false',
  TIDEMARK_SELF_COLLECT: 'false',
  TIDEMARK_BLOCKS_LENGTH: '30s',
  TIDEMARK_BLOCKS_SLACK: '2s',
  TIDEMARK_SPEED_LATENESS: '4s',
  TIDEMARK_ARCHIVE_FLUSH_EVERY: '2s',
  TIDEMARK_BATCH_SEAL_EVERY: '2s',
  TIDEMARK_BATCH_DIRTY_DEBOUNCE: '3s',
  TIDEMARK_BATCH_DIRTY_DEADLINE: '10s',
}

const sent: SentPoint[] = []
let server = await TestServer.start({ dataDir, settings })
say(`server at ${server.url}, data in ${dataDir}`)
let failures: string[]
try {
  await sendAndKill()
  failures = [...(await checkAnswers()), ...(await checkLateData(server, 120_000))]
} finally {
  const status = await server.stop()
  say(`server stopped with status ${status}`)
}
if (!values.keep) rmSync(dataDir, { recursive: true, force: true })
for (const failure of failures.slice(0, 20)) say(`FAILED ${failure}`)
const windows = expectedWindows(sent).length
process.stdout.write(`main job: ${windows - failures.length} passed, ${failures.length} failed\n`)
process.exitCode = failures.length === 0 ? 0 : 1

/** Sends one scrape a second over every protocol, and kills the server in the middle of it. */
async function sendAndKill(): Promise<void> {
  const scrapes = await readScrapes(values.trace, seconds)
  const startMs = Date.now()
  const half = Math.floor(seconds / 2)
  const pending: Promise<void>[] = []
  for (const [second, scrape] of scrapes.entries()) {
    await sleep(Math.max(0, startMs + second * 1000 - Date.now()))
    if (second === half) await datagramsArrived()
    const timeMs = Math.floor(startMs / 1000) * 1000 + second * 1000
    const batches = split(scrape, timeMs)
    for (const [protocol, points] of batches) {
      sent.push(...points)
      pending.push(sendUntilAcknowledged(() => server.url, protocol, points, 60_000))
      // An agent that did not hear the answer sends again: nothing may change.
      if (second % 7 === 3) pending.push(sendUntilAcknowledged(() => server.url, protocol, points, 60_000))
    }
    if (second < half - 1 || second > half) {
      const points = occurrences(timeMs, second)
      await sendStatsd(server.statsdPort, points)
      sent.push(...points)
    }
    if (second === half) {
      await server.kill()
      say(`killed with SIGKILL after ${second} s`)
      const before = performance.now()
      server = await TestServer.start({ dataDir, settings })
      say(`answers queries again after ${Math.round(performance.now() - before)} ms`)
    }
  }
  await Promise.all(pending)
  await datagramsArrived()
  say(`${sent.length} points acknowledged`)
}

/** Nobody acknowledges a datagram: before anything is killed, a query must show what they brought. */
async function datagramsArrived(): Promise<void> {
  const wanted = sent.filter(({ isEvent }) => isEvent).reduce((sum, { value }) => sum + value, 0)
  const deadline = performance.now() + 30_000
  let seen = 0
  while (performance.now() < deadline) {
    const parameters = new URLSearchParams({ query: 'page_views:sum[10m]', time: String(Date.now() / 1000 + 60) })
    const { data } = await server.json<MatrixAnswer>(`/api/v1/query?${parameters}`)
    seen = data.result.flatMap(({ values }) => values).reduce((sum, [, value]) => sum + Number(value), 0)
    if (seen === wanted) return
    await sleep(250)
  }
  throw new Error(`datagrams worth ${wanted} were sent, queries show ${seen}`)
}

/** Waits until batch has sealed all that was sent, then compares every window. */
async function checkAnswers(): Promise<string[]> {
  const endMs = Math.max(...sent.map((point) => point.timeMs))
  const startMs = Math.min(...sent.map((point) => point.timeMs))
  const settled = await server.until(
    'every block sealed and clean',
    ({ blocks }) => blocks.frontierMs > endMs && blocks.dirty === 0 && blocks.recomputing === 0 && blocks.audited >= 2,
    300_000,
  )
  const { blocks } = settled
  say(
    `tide line ${new Date(blocks.frontierMs).toISOString()}, epoch ${blocks.epoch}, ${blocks.latePoints} late points, ${blocks.unexplainedDivergence} unexplained divergence in ${blocks.audited} audited blocks`,
  )
  const failures = await compareWindows(server, expectedWindows(sent), { startMs, endMs })
  if (blocks.unexplainedDivergence !== 0) failures.push(`unexplained divergence is ${blocks.unexplainedDivergence}`)
  return failures
}

/** Each series always goes the same way; those that JSON or a line cannot say are left out. */
function split(scrape: TraceReading[], timeMs: number): Map<Protocol, SentPoint[]> {
  const batches = new Map<Protocol, SentPoint[]>()
  scrape.forEach((reading, i) => {
    if (!Number.isFinite(reading.value)) return
    const protocol = PROTOCOLS[i % PROTOCOLS.length]
    // An empty label is an absent one.
    const named = Object.entries(reading.labels).filter(([, text]) => text !== '')
    const labels = { ...Object.fromEntries(named), via: protocol }
    batches.set(protocol, [
      ...(batches.get(protocol) ?? []),
      { metric: reading.metric, labels, value: reading.value, timeMs, isEvent: false },
    ])
  })
  return batches
}

function occurrences(timeMs: number, second: number): SentPoint[] {
  return ['checkout', 'search', 'login'].map((page, i) => ({
    metric: 'page_views',
    labels: { page },
    timeMs,
    value: 1 + ((second + i) % 3),
    isEvent: true,
  }))
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
