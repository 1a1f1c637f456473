import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Random } from '../../sim/random.js'
import { Cluster } from '../cluster.js'
import { allIncidents } from './api.js'
import { ALERT_FAULTS, type AlertFault } from './faults.js'
import { Operator } from './operator.js'
import { Receiver } from './receiver.js'
import { alertingShape } from './shape.js'
import { table } from './table.js'
import { type Findings, findingsOf } from './verify.js'

const HELP = `Opens incidents while everything between an alert and the people it calls is broken, and checks that nobody
was forgotten: every first message, every step of every escalation, in order, none after somebody acknowledged.

  npm run chaos:alerts                              1,000 incidents
  npm run chaos:alerts -- --incidents 60 --seed 1   that many, drawn from this seed
  npm run chaos:alerts -- --keep                    leaves the folder with data and logs

Broken are: ${ALERT_FAULTS.map(({ name }) => name).join(', ')}. Exit status 1 if anything was lost.`

/** Incidents are opened over this time, ms, or so much for each. */
const LEAST_OPENING_MS = 30_000
const OPENING_MS = 350
/** Between the end of a fault and the next, ms. */
const CALM_MS = [1000, 6000] as const
const LOOK_EVERY_MS = 5000
/** If nothing comes for so long, nothing will: an escalation that is late is woken within 2 minutes, ms. */
const QUIET_MS = 240_000
/** After all has come, so long is waited for what should not, ms. */
const AFTERMATH_MS = 15_000

const { values: options } = parseArgs({
  options: {
    incidents: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (options.help) {
  console.log(HELP)
} else {
  // Whoever still insists on an answer is not waited for.
  process.exit((await run(whole('incidents', 1), whole('seed', 0))) ? 0 : 1)
}

function whole(name: 'incidents' | 'seed', least: number): number {
  const value = Number(options[name])
  if (Number.isInteger(value) && value >= least) return value
  throw new Error(`--${name} ${options[name]} is not a whole number from ${least} up`)
}

async function run(count: number, seed: number): Promise<boolean> {
  const random = new Random(seed)
  const folder = mkdtempSync(join(tmpdir(), 'tca-'))
  console.log(`seed ${seed}, ${count} incidents, everything in ${folder}`)
  let operator: Operator | undefined
  const receiver = new Receiver(random.fork(), (receipt) => operator?.heard(receipt))
  await receiver.start()
  const cluster = await Cluster.start(folder, console.log, alertingShape(receiver.url))
  try {
    const [{ url }] = cluster.of('serving')
    operator = new Operator(url, count, random.fork(), Date.now())
    const struck = await breakWhile(
      operator.open(Math.max(LEAST_OPENING_MS, count * OPENING_MS)),
      { cluster, receiver },
      random,
    )
    receiver.calmDown()
    const findings = await settled(url, operator, receiver)
    console.log(table(findings, { incidents: count, faults: struck, moods: receiver.moods }))
    return findings.faults.length === 0
  } finally {
    await cluster.stop()
    await receiver.kill()
    if (!options.keep) rmSync(folder, { recursive: true, force: true })
  }
}

/** Breaks one thing after the other until the work is done and each has had its turn. @returns how often */
async function breakWhile(
  work: Promise<void>,
  victims: Parameters<AlertFault['strike']>[0],
  random: Random,
): Promise<number> {
  let isDone = false
  const done = work.finally(() => {
    isDone = true
  })
  const startedAt = performance.now()
  let struck = 0
  while (!isDone || struck < ALERT_FAULTS.length) {
    for (const fault of random.shuffled(ALERT_FAULTS)) {
      await Promise.race([sleep(random.whole(...CALM_MS)), done.catch(() => undefined)])
      const what = await fault.strike(victims, random)
      struck++
      console.log(`${((performance.now() - startedAt) / 1000).toFixed(0)} s  ${what}`)
    }
  }
  await done
  return struck
}

/** Waits until nothing is missing, or nothing comes any more. */
async function settled(url: string, operator: Operator, receiver: Receiver): Promise<Findings> {
  const look = async () => findingsOf(operator.wanted, await allIncidents(url), receiver.receipts)
  let seen = ''
  let changedAt = performance.now()
  for (;;) {
    const findings = await look()
    if (findings.faults.length === 0) break
    const now = `${findings.faults.length} ${receiver.receipts.length}`
    if (now !== seen) {
      seen = now
      changedAt = performance.now()
      console.log(`${receiver.receipts.length} messages taken, ${findings.faults.length} things still to come`)
    }
    if (performance.now() - changedAt > QUIET_MS) return findings
    await sleep(LOOK_EVERY_MS)
  }
  await operator.idle()
  await sleep(AFTERMATH_MS)
  return look()
}
