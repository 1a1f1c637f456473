import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { initTopics } from '../../../adapters/kafka/init-topics.js'
import { startStack } from '../../../infra/stack/start.js'
import { loadConfig } from '../../../schemas/config/load.js'
import { CannotRun } from '../bench.js'
import type { Body } from '../shapes.js'
import { type Job, type JobRun, pointsOf } from './job.js'
import { cpuMeter, perMillion, until } from './meters.js'
import { openLog, SILENT } from './open-log.js'

const SOURCES = fileURLToPath(new URL('../peers', import.meta.url))
const MAVEN_COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'
const LATENESS_MS = 5_000

/** The same bodies as records of one partition, read by Kafka Streams: one thread, state on its heap. */
export async function runKafkaStreams({ warmUp, measured, points }: Job, folder: string): Promise<JobRun> {
  const program = build(folder)
  const stack = await startStack({ dir: join(folder, 'stack'), parts: ['kafka'], log: () => undefined })
  let job: StreamsJob | undefined
  try {
    const brokers = stack.config.kafka?.brokers ?? []
    const overrides = { 'kafka.brokers': brokers, 'kafka.topic_prefix': 'lines.', 'log.partitions': 1 }
    const config = loadConfig({ env: {}, overrides })
    await initTopics(config, SILENT)
    const log = await openLog(config)
    const send = async (bodies: readonly Body[]) => {
      for (const { bytes } of bodies) await log.append('tidemark.points', [{ partition: 0, value: bytes }])
    }
    await send(warmUp)
    job = new StreamsJob(program, [
      brokers.join(','),
      'lines.tidemark.points',
      'lines.tidemark.windows',
      `${LATENESS_MS}`,
    ])
    const running = job
    await until('the warm-up in Kafka Streams', () => running.points >= pointsOf(warmUp))
    const spent = cpuMeter({ 'Kafka Streams': running.pid, kafka: stack.part('kafka').pid() ?? 0 })
    const begunMs = performance.now()
    await send(measured)
    await until('Kafka Streams', () => running.points >= pointsOf(warmUp) + points)
    const seconds = (performance.now() - begunMs) / 1000
    const cpu = perMillion(spent(), points)
    await log.close()
    return {
      name: 'Kafka Streams',
      pointsPerSecond: points / seconds,
      cpu,
      own: ['Kafka Streams'],
      notes: `state on the heap, no changelog: a crash loses it; ${running.windows} windows written to a topic alone`,
    }
  } finally {
    await job?.stop()
    await stack.stop()
  }
}

/** Compiles the program. @returns its class path. @throws CannotRun without Maven or a JDK */
function build(folder: string): string {
  const target = join(folder, 'kafka-streams')
  if (existsSync(target)) return `${target}:${target}/lib/*`
  mkdirSync(target, { recursive: true })
  for (const file of ['pom.xml', 'WindowJob.java']) cpSync(join(SOURCES, file), join(target, file))
  try {
    execFileSync('mvn', [
      '-q',
      '-B',
      '-ntp',
      '-f',
      join(target, 'pom.xml'),
      MAVEN_COPY,
      `-DoutputDirectory=${target}/lib`,
    ])
    execFileSync('javac', ['-cp', `${target}/lib/*`, '-d', target, join(target, 'WindowJob.java')])
  } catch (thrown) {
    throw new CannotRun(
      `Kafka Streams needs mvn and javac (apt-get install maven default-jdk): ${(thrown as Error).message}`,
    )
  }
  return `${target}:${target}/lib/*`
}

/** The program while it runs; it says after each record how far it has come. */
class StreamsJob {
  points = 0
  windows = 0
  readonly #child: ChildProcess

  constructor(classPath: string, args: readonly string[]) {
    this.#child = spawn('java', ['-Xmx2g', '-cp', classPath, 'WindowJob', ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      ;[this.points, this.windows] = line.split(' ').map(Number)
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await ended
  }
}
