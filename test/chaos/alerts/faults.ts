import { setTimeout as sleep } from 'node:timers/promises'
import type { PartName } from '../../../infra/stack/part.js'
import type { Role } from '../../../roles/role.js'
import type { Random } from '../../sim/random.js'
import type { Cluster } from '../cluster.js'
import { outage } from '../outage.js'
import type { Receiver } from './receiver.js'

/** How long something that is down stays so, ms. */
const AWAY_MS = [1000, 12_000] as const

/** What can be broken. */
interface Victims {
  cluster: Cluster
  receiver: Receiver
}

/** Something that goes wrong, and is mended again when it resolves. */
export interface AlertFault {
  name: string
  /** @returns what exactly was done */
  strike(victims: Victims, random: Random): Promise<string>
}

/** Every fault: all that lies between an alert and the people that it calls. */
export const ALERT_FAULTS: readonly AlertFault[] = [
  endOf('alerts'),
  endOf('worker'),
  everyAlerts(),
  outageOf('temporal'),
  outageOf('postgres'),
  receiverAway(),
]

/** A process ends, by force or not, and its supervisor starts it again; or it halts, and goes on where it was. */
function endOf(role: Role): AlertFault {
  return {
    name: role,
    async strike({ cluster }, random) {
      const victim = random.pick(cluster.of(role))
      const how = random.pick(['stopped', 'killed', 'frozen'] as const)
      if (how === 'frozen') {
        victim.pause()
        await sleep(random.whole(...AWAY_MS))
        victim.resume()
      } else {
        await (how === 'stopped' ? victim.stop() : victim.kill())
        victim.launch()
      }
      await victim.ready()
      return `${victim.name} was ${how}`
    },
  }
}

/** No process judges, dispatches or sends for a while. */
function everyAlerts(): AlertFault {
  return {
    name: 'every alerts',
    async strike({ cluster }, random) {
      const victims = cluster.of('alerts')
      await Promise.all(victims.map((victim) => victim.kill()))
      await sleep(random.whole(...AWAY_MS))
      for (const victim of victims) victim.launch()
      for (const victim of victims) await victim.ready()
      return `all ${victims.length} processes of the role alerts were killed`
    },
  }
}

/** An engine is away for a while. */
function outageOf(part: PartName): AlertFault {
  return {
    name: part,
    strike: ({ cluster }, random) => outage(cluster.stack, part, random, random.whole(...AWAY_MS)),
  }
}

function receiverAway(): AlertFault {
  return {
    name: 'receiver',
    async strike({ receiver }, random) {
      const awayMs = random.whole(...AWAY_MS)
      await receiver.kill()
      await sleep(awayMs)
      await receiver.start()
      return `the receiver was away for ${(awayMs / 1000).toFixed(1)} s`
    },
  }
}
