import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { PipelineStatus } from '../../schemas/ports/status.js'
import { alignUp } from '../../schemas/time.js'
import { scratchFolder, untilNone } from '../clients/programs/program.js'
import type { TestServer } from '../e2e/server.js'
import { ask } from './answer.js'
import { compareAll, type Times } from './compare.js'
import { demoInstances, demoSlices } from './demo-series.js'
import { BLOCK_MS, type Prometheus, startPrometheus, startTidemark, writeToAll } from './servers.js'

const USAGE = `usage: npm run compliance -- [--prometheus PATH]

Sends the same series by remote-write to Prometheus and to Tidemark and asks both the query families of the PromQL
compliance tester.
  --prometheus PATH   the Prometheus to compare with; the one on the PATH unless given`

const DATA_MS = 20 * 60_000
/**
 * What is older than now when it is sent is late: it is seen once its block is sealed. The newest points are sent as
 * time goes on, for so long at least, and so far into a block that is not sealed before everything has been asked.
 */
const STREAMED_MS = 20_000
const LIVE_MS = 30_000
/** Of range queries. They are asked at multiples of it. */
const STEP_MS = 10_000
/** Taken where Prometheus does not tell its version. */
const NEWEST_MAJOR = 3
const VISIBLE_WITHIN_MS = 60_000
const SEALED_WITHIN_MS = 120_000

process.exitCode = await main(process.argv.slice(2))

/** 0: every answer is the same; 1: some differ; 2: it could not be run. */
async function main(args: string[]): Promise<number> {
  let program: string
  try {
    program = parseArgs({ args, options: { prometheus: { type: 'string', default: 'prometheus' } } }).values.prometheus
  } catch {
    console.error(USAGE)
    return 2
  }
  const folder = scratchFolder()
  let prometheus: Prometheus | undefined
  let tidemark: TestServer | undefined
  try {
    prometheus = await startPrometheus(program, folder.path)
    tidemark = await startTidemark(folder.path)
    return await compareServers(prometheus, tidemark)
  } catch (thrown) {
    console.error(thrown instanceof Error ? thrown.message : thrown)
    return 2
  } finally {
    await prometheus?.stop()
    await tidemark?.stop()
    folder.remove()
  }
}

async function compareServers(prometheus: Prometheus, tidemark: TestServer): Promise<number> {
  const major = Number.parseInt(prometheus.version, 10) || NEWEST_MAJOR
  // Ranges of Prometheus 2 are closed: there no point may lie exactly at the edge of one.
  const onGrid = major >= 3
  const boundaryMs = alignUp(Date.now() + STREAMED_MS, BLOCK_MS)
  const endMs = boundaryMs + LIVE_MS
  const startMs = endMs - DATA_MS
  const urls = { prometheus: prometheus.url, tidemark: tidemark.url }
  let points = 0
  for (const slice of demoSlices(demoInstances(onGrid), startMs, endMs)) {
    await sleep(Math.max(0, slice.untilMs - Date.now()))
    await writeToAll(Object.values(urls), slice.series)
    points += slice.points
  }
  console.log(`${points} points of 20 minutes sent to Prometheus ${prometheus.version || major} and to Tidemark`)
  const isSealed = ({ blocks }: PipelineStatus) => blocks.frontierMs >= boundaryMs
  const { blocks } = await tidemark.until('most of the data is sealed', isSealed, SEALED_WITHIN_MS)
  for (const server of Object.entries(urls)) await untilNone(() => missing(server, points, endMs), VISIBLE_WITHIN_MS)
  console.log(`sealed up to ${new Date(blocks.frontierMs).toISOString()}, data up to ${new Date(endMs).toISOString()}`)

  const aside = onGrid ? 0 : 3
  const times: Times = { startS: startMs / 1000 + aside, endS: endMs / 1000 + aside, stepS: STEP_MS / 1000 }
  const { passed, failed, empty } = await compareAll(urls, major, times, (line) => console.log(line))
  console.log(`${empty} of the answers that are the same are empty`)
  console.log(`${passed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

/** What of the points a server does not show yet. */
async function missing([name, url]: [string, string], points: number, endMs: number): Promise<string | undefined> {
  const answer = await ask(url, 'query', { query: '{job="demo"}[1h]', time: String(endMs / 1000 + 1) })
  if (answer.failed !== undefined) return answer.failed
  const shown = (answer.result as { values: unknown[] }[]).reduce((sum, { values }) => sum + values.length, 0)
  return shown === points ? undefined : `${name} shows ${shown} of ${points} points`
}
