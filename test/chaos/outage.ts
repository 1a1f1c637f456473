import { setTimeout as sleep } from 'node:timers/promises'
import type { PartName } from '../../infra/stack/part.js'
import type { Stack } from '../../infra/stack/start.js'
import type { Random } from '../sim/random.js'

/** An engine is away for so long, ms: stopped, killed or frozen. @returns what exactly was done */
export async function outage(stack: Stack, part: PartName, random: Random, awayMs: number): Promise<string> {
  const server = stack.part(part)
  const how = random.pick(['stopped', 'killed', 'frozen'] as const)
  if (how === 'frozen') {
    server.pause()
    await sleep(awayMs)
    server.resume()
  } else {
    await (how === 'stopped' ? server.stop() : server.kill())
    await sleep(awayMs)
    await server.start()
  }
  return `${part} was ${how} for ${Number((awayMs / 1000).toFixed(1))} s`
}
