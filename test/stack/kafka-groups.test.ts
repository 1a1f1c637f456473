import { type ChildProcess, spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { KafkaClient } from '../../adapters/kafka/client.js'
import type { GroupConsumer, GroupListener, Membership } from '../../adapters/kafka/client-parts.js'
import { connectionOf } from '../../adapters/kafka/connection.js'
import { faultOf } from '../../adapters/kafka/faults.js'
import { groupName } from '../../adapters/kafka/topics.js'
import type { LogSubscription } from '../../schemas/ports/log.js'
import { bundleProgram } from '../bundle-program.js'
import { eventually } from '../contract/eventually.js'
import { bytesOf, RecordingReader, textOf } from '../contract/recording-reader.js'
import { scratchFolder } from '../contract/scratch-folder.js'
import { type KafkaStage, kafkaStage, POINTS, silent } from './kafka-stage.js'

const { kafka } = inject('stack')
const PARTITIONS = 4
const settings = { 'log.partitions': PARTITIONS }

let folder: string
let program: string
beforeAll(async () => {
  folder = await scratchFolder()
  program = join(folder, 'reader.mjs')
  await bundleProgram(join(import.meta.dirname, 'kafka-reader-process.ts'), program)
})
afterAll(() => rm(folder, { recursive: true }))

let stage: KafkaStage
let children: ChildProcess[] = []
beforeEach(async () => {
  stage = await kafkaStage(kafka.brokers!, settings)
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  children = []
  await stage.close()
})

/** Appends records "N" for N in [from, to), over all partitions in turn. */
async function append(from: number, to: number): Promise<void> {
  const log = await stage.open()
  const numbers = Array.from({ length: to - from }, (_, i) => from + i)
  await log.append(
    POINTS,
    numbers.map((n) => ({ partition: n % PARTITIONS, value: bytesOf(`${n}`) })),
  )
}

/** A reader in a log of its own that stores its position after each batch, with who it is. */
async function readAs(name: string): Promise<{ reader: RecordingReader; subscription: LogSubscription }> {
  const log = await stage.open()
  const reader = new RecordingReader()
  const subscription = await log.consume(POINTS, 'g', reader)
  reader.during = async (partition, entries) => {
    const next = entries[entries.length - 1].offset + 1
    await subscription.commit(partition, { offset: next, metadata: `${name} ${next}` })
  }
  return { reader, subscription }
}

const numbers = (readers: RecordingReader[]) =>
  new Set(readers.flatMap(({ entries }) => [...entries.values()].flat()).map((entry) => Number(textOf(entry))))
const all = (count: number) => new Set(Array.from({ length: count }, (_, i) => i))
const held = ({ assigned, revoked }: RecordingReader) => [...assigned.keys()].filter((p) => !revoked.has(p))

test('two readers of a group share the partitions; who joins goes on where the other stood, and so does who stays', async () => {
  const one = await readAs('one')
  await append(0, 40)
  await eventually(() => expect(numbers([one.reader])).toEqual(all(40)))
  expect(held(one.reader)).toHaveLength(PARTITIONS)

  const two = await readAs('two')
  await eventually(() => expect(two.reader.assigned.size).toBe(2), 20_000)
  // What it keeps it keeps with its state: it is not taken away to be given again.
  await eventually(() => expect([...one.reader.revoked].sort()).toEqual([...two.reader.assigned.keys()].sort()))
  for (const committed of two.reader.assigned.values()) expect(committed).toEqual({ offset: 10, metadata: 'one 10' })

  await append(40, 80)
  await eventually(() => expect(numbers([one.reader, two.reader])).toEqual(all(80)))
  expect(numbers([two.reader]).size).toBe(20)

  const taken = [...one.reader.revoked]
  await two.subscription.close()
  await eventually(() => expect(taken.map((p) => one.reader.assigned.get(p)?.metadata)).toEqual(['two 20', 'two 20']))
  await append(80, 100)
  await eventually(() => expect(numbers([one.reader, two.reader])).toEqual(all(100)))
  expect(one.reader.overlapped.size + two.reader.overlapped.size).toBe(0)
})

test('a reader that is busy for longer than a session lasts stays in its group, and holds no one up', async () => {
  const one = await readAs('one')
  await append(0, 8)
  await eventually(() => expect(numbers([one.reader])).toEqual(all(8)))
  let release = () => {}
  const busy = new Promise<void>((resolve) => {
    release = resolve
  })
  one.reader.during = () => busy
  await append(8, 12)
  await eventually(() => expect(one.reader.count).toBe(12))
  const errors = stage.errors.length
  const two = await readAs('two')
  await eventually(() => expect(two.reader.assigned.size).toBe(2), 20_000)
  await eventually(() => expect(numbers([two.reader]).size).toBe(2))
  await new Promise((resolve) => setTimeout(resolve, 15_000))
  expect(held(two.reader)).toHaveLength(2)
  // What went to the other is forgotten once the batch at hand is done with.
  expect(one.reader.revoked.size).toBe(0)
  release()
  await eventually(() => expect([...one.reader.revoked].sort()).toEqual([...two.reader.assigned.keys()].sort()))
  expect(stage.errors).toHaveLength(errors)
})

test('no record is left out while readers come and go under load', async () => {
  const readers: RecordingReader[] = []
  const stay = await readAs('stay')
  readers.push(stay.reader)
  let written = 0
  let guestsAreGone = false
  // However long a guest takes to be let in, there is something for it to read.
  const writing = (async () => {
    for (; !guestsAreGone; written += 20) await append(written, written + 20)
  })()
  for (let round = 0; round < 3; round++) {
    const guest = await readAs(`guest ${round}`)
    readers.push(guest.reader)
    await eventually(() => expect(guest.reader.count).toBeGreaterThan(0), 20_000)
    await guest.subscription.close()
  }
  guestsAreGone = true
  await writing
  await eventually(() => expect(numbers(readers)).toEqual(all(written)), 20_000)
  for (const reader of readers) expect(reader.overlapped.size).toBe(0)
})

test('what a killed process held goes to another, from the stored positions on, with their metadata', async () => {
  await append(0, 200)
  const child = startChild(20)
  await eventually(() => expect(child.said.filter((said) => 'committed' in said).length).toBeGreaterThan(30), 30_000)
  child.process.kill('SIGKILL')
  const stored = new Map<number, number>()
  for (const { committed, offset } of child.said) if (offset !== undefined) stored.set(committed as number, offset)

  const heir = await readAs('heir')
  await eventually(() => expect(heir.reader.assigned.size).toBe(PARTITIONS), 30_000)
  for (const [partition, committed] of heir.reader.assigned) {
    // At most the one commit that was under way is not on its output.
    expect([stored.get(partition), stored.get(partition)! + 1]).toContain(committed!.offset)
    expect(committed!.metadata).toBe(`child ${committed!.offset}`)
  }
  const childRead = child.said.flatMap(({ text }) => (text === undefined ? [] : [Number(text)]))
  await eventually(() => expect(new Set([...childRead, ...numbers([heir.reader])])).toEqual(all(200)))
})

test('a process that was frozen while another took over moves no position back', async () => {
  await append(0, 40)
  const child = startChild(1000)
  await eventually(() => expect(child.said.filter((said) => 'committed' in said).length).toBeGreaterThan(0), 30_000)
  child.process.kill('SIGSTOP')

  const heir = await readAs('heir')
  await eventually(() => expect(heir.reader.assigned.size).toBe(PARTITIONS), 60_000)
  await eventually(() => expect(numbers([heir.reader]).size).toBeGreaterThan(30))
  await eventually(async () => expect(await positions()).toEqual(Array(PARTITIONS).fill('heir 10')))
  const before = child.said.length
  child.process.kill('SIGCONT')
  // It notices that it is out, forgets what it held, and joins anew: none of its old commits counts.
  await eventually(() => expect(child.said.slice(before).some((said) => 'assigned' in said)).toBe(true), 60_000)
  expect(await positions()).toEqual(Array(PARTITIONS).fill('heir 10'))
})

test('a commit in the name of a past generation is refused', async () => {
  await append(0, 4)
  const client = new KafkaClient(await connectionOf(stage.config.kafka), silent)
  const group = groupName(stage.config, POINTS, 'g')
  const first = await memberOf(client, group)
  const before = first.member()!
  await first.consumer.commit(before, 0, { offset: 1, metadata: 'first' })
  const second = await memberOf(client, group)
  await eventually(() => expect(first.member()!.generation).toBeGreaterThan(before.generation), 20_000)
  const refused = await first.consumer.commit(before, 0, { offset: 0, metadata: 'late' }).then(
    () => 'stored',
    (thrown) => faultOf(thrown).kind,
  )
  expect(refused).toBe('fenced')
  expect(await stage.stored('g', 0)).toEqual({ offset: 1, metadata: 'first' })
  await Promise.all([first.consumer.close(), second.consumer.close()])
})

async function positions(): Promise<string[]> {
  const stored = await Promise.all(Array.from({ length: PARTITIONS }, (_, p) => stage.stored('g', p)))
  return stored.map((commit) => commit?.metadata ?? '')
}

/** A bare member of a group. */
async function memberOf(client: KafkaClient, group: string) {
  let member: Membership | undefined
  const listener: GroupListener = {
    claim: () => ({ generation: 0, partitions: [] }),
    rebalancing() {},
    shared() {},
    confirmed(confirmed) {
      member = confirmed
    },
    turned() {},
    fetched() {},
    crashed() {},
  }
  const consumer: GroupConsumer = client.consumer(stage.points, group, listener)
  consumer.start()
  await eventually(() => expect(member).toBeDefined(), 20_000)
  return { consumer, member: () => member }
}

interface Said {
  assigned?: number
  committed?: number | object
  offset?: number
  read?: number
  text?: string
}

function startChild(pauseMs: number): { process: ChildProcess; said: Said[] } {
  const { brokers, topic_prefix } = stage.config.kafka
  const overrides = JSON.stringify({ 'kafka.brokers': brokers, 'kafka.topic_prefix': topic_prefix, ...settings })
  const child = spawn(process.execPath, [program, overrides, `${pauseMs}`], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const said: Said[] = []
  createInterface({ input: child.stdout }).on('line', (line) => said.push(JSON.parse(line)))
  return { process: child, said }
}
