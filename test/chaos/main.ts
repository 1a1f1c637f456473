import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { StackConfig } from '../../infra/stack/part.js'
import { Random } from '../sim/random.js'
import { ChaosClient } from './client.js'
import { Cluster } from './cluster.js'
import { FAULTS, type Fault } from './faults.js'
import { instant, Prober } from './prober.js'
import { RawArchive } from './raw-archive.js'
import { Recoveries } from './recoveries.js'
import { settled, verify } from './verify.js'

const HELP = `Breaks a real cluster again and again, and checks that nothing was lost and no answer was wrong.

  npm run chaos                                  100 rounds, one fault each
  npm run chaos -- --rounds 14 --seed 7          that many, drawn from this seed
  npm run chaos -- --only 'kill speed,outage kafka'
  npm run chaos -- --keep                        leaves the folder with data and logs

Faults: ${FAULTS.map(({ name }) => name).join(', ')}.`

/** Between the end of a fault and the next, ms: so that each one's recovery is its own. */
const CALM_MS = 5_000
const BLOCK_MS = 60_000
/** A point that is sent after a fault is to be seen within this, ms. */
const RECOVERY_MS = 180_000

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string' },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (options.help) {
  console.log(HELP)
} else {
  process.exitCode = (await run()) ? 0 : 1
}

async function run(): Promise<boolean> {
  const seed = Number(options.seed)
  const random = new Random(seed)
  const faults = chosenFaults(options.only)
  const folder = mkdtempSync(join(tmpdir(), 'tc-'))
  console.log(`seed ${seed}, ${options.rounds} rounds, everything in ${folder}`)
  const cluster = await Cluster.start(folder, console.log)
  const urls = cluster.of('serving').map(({ url }) => url)
  const client = new ChaosClient(
    cluster.of('gateway').map(({ url }) => url),
    random.fork(),
  )
  const prober = new Prober(urls, client.sent)
  const recoveries = new Recoveries()
  try {
    client.start()
    await sleep(CALM_MS)
    prober.start()
    for (let round = 0; round < Number(options.rounds); round++) {
      // Every fault has its turn before one comes again.
      const fault = faults[round % faults.length]
      const what = await fault.strike(cluster, random)
      const tookMs = await visibleAgain(urls)
      recoveries.note(fault.name, tookMs)
      console.log(`${round + 1}/${options.rounds}  ${what}; a new point was seen ${(tookMs / 1000).toFixed(1)} s after`)
      await sleep(CALM_MS)
    }
    await client.stop()
    await prober.stop()
    const ends = new Set(client.sent.map(({ points }) => Math.ceil(points[0].timeMs / BLOCK_MS) * BLOCK_MS))
    const status = await settled(urls[0], Math.max(...ends), ends.size)
    const archive = new RawArchive(cluster.stack.config as Required<StackConfig>, join(folder, 'raw'))
    const { points, windows, faults: wrong } = await verify(client.sent, archive, urls[0])
    const divergence = status.blocks.unexplainedDivergence
    const found = [
      ...wrong,
      ...prober.wrong.map(({ atMs, text }) => `at ${new Date(atMs).toISOString()} ${text}`),
      ...(divergence === 0 ? [] : [`${divergence} windows differ between the views for no known reason`]),
    ]
    const acknowledged = client.sent.filter(({ acknowledgedMs }) => acknowledgedMs !== undefined).length
    const { asked, whole, partial, failed } = prober.counts
    console.log(recoveries.table())
    console.log(
      `${client.sent.length} requests sent, ${acknowledged} acknowledged; ${points} points kept, ${windows} windows compared`,
    )
    console.log(`${asked} questions meanwhile: ${whole} answered whole, ${partial} partly, ${failed} not at all`)
    for (const text of found.slice(0, 20)) console.log(`WRONG: ${text}`)
    console.log(`${found.length === 0 ? options.rounds : 0} passed, ${found.length} failed`)
    return found.length === 0
  } finally {
    await client.stop()
    await prober.stop()
    await cluster.stop()
    if (!options.keep) rmSync(folder, { recursive: true, force: true })
  }
}

function chosenFaults(only: string | undefined): readonly Fault[] {
  if (only === undefined) return FAULTS
  return only.split(',').map((name) => {
    const found = FAULTS.find((fault) => fault.name === name.trim())
    if (!found) throw new Error(`there is no fault "${name}": ${FAULTS.map((fault) => fault.name).join(', ')}`)
    return found
  })
}

/** Waits until a point that was sent after now is seen in a whole answer. @returns how long that took, ms */
async function visibleAgain(urls: readonly string[]): Promise<number> {
  const sinceMs = Date.now()
  while (Date.now() - sinceMs < RECOVERY_MS) {
    const answer = await instant(urls[0], 'max(timestamp(chaos_reading))', Date.now())
    const newest = Number(answer?.data?.result[0]?.value[1] ?? 0) * 1000
    if (!answer?.partial && newest > sinceMs) return Date.now() - sinceMs
    await sleep(200)
  }
  throw new Error(
    `no point that was sent after ${new Date(sinceMs).toISOString()} was seen within ${RECOVERY_MS / 1000} s`,
  )
}
