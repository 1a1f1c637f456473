import { createKafkaLog } from '../../adapters/kafka/log.js'
import { loadConfig } from '../../schemas/config/load.js'
import { asTidemarkError } from '../../schemas/errors.js'
import type { LogCommit, LogReader } from '../../schemas/ports/log.js'

/**
 * Reads the points of a topic in the group `g` until it is killed, one entry after the other with a pause before its
 * position is stored. Prints a line of JSON for all that happens.
 * Arguments: the settings as JSON, by dotted key; the pause in ms.
 */
const [settings, pauseMs] = process.argv.slice(2)
const config = loadConfig({ env: {}, overrides: JSON.parse(settings) })
const silent = { debug() {}, info() {}, warn() {}, error() {} }
const say = (said: object) => process.stdout.write(`${JSON.stringify(said)}\n`)
const onError = ({ code, message }: { code: string; message: string }) => say({ error: code, message })
const log = await createKafkaLog(config, { clock: Date.now, logger: silent, onError })

const reader: LogReader = {
  async assign(partition, committed) {
    say({ assigned: partition, committed })
    return undefined
  },
  async read(partition, entries) {
    for (const { offset, value } of entries) {
      say({ read: partition, text: Buffer.from(value).toString() })
      await new Promise((resolve) => setTimeout(resolve, Number(pauseMs)))
      await untilStored(partition, { offset: offset + 1, metadata: `child ${offset + 1}` })
      say({ committed: partition, offset: offset + 1 })
    }
  },
  async revoke(partition) {
    say({ revoked: partition })
  },
}
const subscribed = log.consume('tidemark.points', 'g', reader)
await (await subscribed).ended

async function untilStored(partition: number, commit: LogCommit): Promise<void> {
  const subscription = await subscribed
  for (;;) {
    try {
      return await subscription.commit(partition, commit)
    } catch (thrown) {
      if (!asTidemarkError(thrown).retriable) throw thrown
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}
