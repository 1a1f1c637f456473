import { setTimeout as sleep } from 'node:timers/promises'
import type { PartName } from '../../infra/stack/part.js'
import type { Role } from '../../roles/role.js'
import type { Random } from '../sim/random.js'
import type { Cluster } from './cluster.js'
import { outage } from './outage.js'

/** How long an engine is away, ms. */
const AWAY_MS = 20_000

/** Something that goes wrong, and is mended again when it resolves. */
export interface Fault {
  name: string
  /** @returns what exactly was done */
  strike(cluster: Cluster, random: Random): Promise<string>
}

/** Every fault: kill -9 of each role, consumers that come and go, each engine away for 20 s, stopped, killed or frozen. */
export const FAULTS: readonly Fault[] = [
  ...(['gateway', 'speed', 'archive', 'worker', 'serving'] as const).map(killOf),
  comingAndGoing('speed'),
  comingAndGoing('archive'),
  rollingRestart('gateway'),
  ...(['kafka', 'redis', 'victoriametrics', 'postgres', 's3', 'temporal'] as const).map(outageOf),
]

/** A process is killed, and its supervisor starts it again. */
function killOf(role: Role): Fault {
  return {
    name: `kill ${role}`,
    async strike(cluster, random) {
      const victim = random.pick(cluster.of(role))
      await sleep(random.whole(0, 2000))
      await victim.kill()
      victim.launch()
      await victim.ready()
      return `SIGKILL of ${victim.name}`
    },
  }
}

/** A consumer joins and leaves again: partitions change hands twice. */
function comingAndGoing(role: Role): Fault {
  return {
    name: `rebalance ${role}`,
    async strike(cluster, random) {
      const spare = cluster.spare(role)
      spare.launch()
      await spare.ready()
      await sleep(random.whole(1000, 8000))
      await (random.chance(0.5) ? spare.stop() : spare.kill())
      return `${spare.name} came and went`
    },
  }
}

/** All processes of a role are restarted one after the other, as for a new version. */
function rollingRestart(role: Role): Fault {
  return {
    name: `restart ${role}`,
    async strike(cluster) {
      for (const process of cluster.of(role)) {
        await process.stop()
        process.launch()
        await process.ready()
      }
      return `each ${role} was stopped and started`
    },
  }
}

/** An engine is away for a while. */
function outageOf(part: PartName): Fault {
  return { name: `outage ${part}`, strike: ({ stack }, random) => outage(stack, part, random, AWAY_MS) }
}
