import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { PartDefinition, Place } from '../part.js'
import { mavenVersion } from '../pins.js'
import { obtain, programPath } from '../programs.js'
import { exchange } from '../requests.js'

const run = promisify(execFile)

/** ApiVersions 0 (KIP-35), which a broker answers only once it has started: length, key 18, version 0, id 1, no client. */
const API_VERSIONS = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff])
const JVM = ['-Xms128m', '-Xmx512m', '-Dlog4j2.level=WARN']

/** One node that is broker and controller (KRaft). Topics are made by who needs them, not by a misspelt name. */
export const kafka: PartDefinition = {
  version: mavenVersion('kafka_2.13'),
  stopSignal: 'SIGTERM',
  async install(log) {
    await obtain('java', log)
    await obtain('kafka', log)
  },
  async prepare(place) {
    mkdirSync(logsOf(place), { recursive: true })
    writeFileSync(propertiesOf(place), properties(place))
    if (existsSync(join(logsOf(place), 'meta.properties'))) return
    const cluster = randomBytes(16).toString('base64url')
    // In one word: an id may begin with a dash.
    const format = ['kafka.tools.StorageTool', 'format', `--cluster-id=${cluster}`, '-c', propertiesOf(place)]
    await run(programPath('java'), [...classPath(), ...format])
  },
  command: (place) => ({
    file: programPath('java'),
    args: [...JVM, ...classPath(), 'kafka.Kafka', propertiesOf(place)],
    options: { cwd: place.folder },
  }),
  serves: async ({ port }) => (await exchange(port, API_VERSIONS)).length > 0,
  config: ({ port }) => ({ kafka: { brokers: [`127.0.0.1:${port}`] } }),
}

function classPath(): string[] {
  return ['-cp', `${programPath('kafka')}/*`]
}

function logsOf({ folder }: Place): string {
  return join(folder, 'logs')
}

function propertiesOf({ folder }: Place): string {
  return join(folder, 'server.properties')
}

function properties(place: Place): string {
  const { port, innerPort } = place
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${innerPort}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${innerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
log.dirs=${logsOf(place)}
auto.create.topics.enable=false
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=16777216
`
}
