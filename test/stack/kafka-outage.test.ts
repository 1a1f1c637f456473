import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StackPart } from '../../infra/stack/server.js'
import { type Stack, startStack } from '../../infra/stack/start.js'
import { asTidemarkError } from '../../schemas/errors.js'
import { eventually } from '../contract/eventually.js'
import { RecordingReader } from '../contract/recording-reader.js'
import { scratchFolder } from '../contract/scratch-folder.js'
import { kafkaStage, POINTS } from './kafka-stage.js'
import { startWriter } from './numbered-writer.js'

let folder: string
let stack: Stack
let broker: StackPart
beforeAll(async () => {
  folder = await scratchFolder()
  stack = await startStack({ dir: folder, parts: ['kafka'], log: () => undefined })
  broker = stack.part('kafka')
})
afterAll(async () => {
  await stack.stop()
  await rm(folder, { recursive: true })
})

const outages: [name: string, outage: () => Promise<void>][] = [
  [
    'stopped and started again',
    async () => {
      await broker.stop()
      await sleep(5000)
      await broker.start()
    },
  ],
  [
    'killed and started again',
    async () => {
      await broker.kill()
      await broker.start()
    },
  ],
  [
    'frozen for longer than any request waits',
    async () => {
      broker.pause()
      await sleep(25_000)
      broker.resume()
    },
  ],
  [
    'away for longer than a consumer sits out',
    async () => {
      await broker.stop()
      await sleep(40_000)
      await broker.start()
    },
  ],
]

test.each(outages)('a broker that is %s loses nothing that was acknowledged, and readers go on', async (_, outage) => {
  const stage = await kafkaStage([broker.address])
  try {
    const log = await stage.open()
    const reader = new RecordingReader()
    const subscription = await log.consume(POINTS, 'g', reader)
    const stored = new Map<number, number>()
    reader.during = async (partition, entries) => {
      const offset = entries[entries.length - 1].offset + 1
      await subscription.commit(partition, { offset, metadata: `${offset}` }).then(
        () => stored.set(partition, offset),
        (thrown) => expect(asTidemarkError(thrown).retriable).toBe(true),
      )
    }
    const writers = [0, 1].map((partition) => startWriter(log, partition))
    await eventually(() => expect(reader.count).toBeGreaterThan(50), 30_000)

    await outage()

    const counts = writers.map(({ acknowledged }) => acknowledged.length)
    await eventually(() => {
      for (const [i, { acknowledged }] of writers.entries()) expect(acknowledged.length).toBeGreaterThan(counts[i] + 20)
    }, 60_000)
    for (const writer of writers) await writer.stop()
    for (const [partition, { acknowledged, failures }] of writers.entries()) {
      for (const failure of failures) expect(failure).toBe('TM_LOG_UNAVAILABLE retriable')
      await eventually(() => {
        const read = new Set(reader.texts(partition))
        expect(acknowledged.filter((text) => !read.has(text))).toEqual([])
      }, 60_000)
    }
    expect(reader.overlapped.size).toBe(0)
    for (const error of stage.errors) expect(error.retriable).toBe(true)
    const restarts = stage.errors.filter(({ code }) => code === 'TM_LOG_READER_RESTARTED')
    expect(log.counts().readerRestarts).toBe(restarts.length)
    // Positions were never ahead of what was read, and the last ones are kept.
    await eventually(async () => {
      for (const partition of [0, 1])
        expect((await stage.stored('g', partition))?.offset).toBe(reader.entries.get(partition)!.at(-1)!.offset + 1)
    })
  } finally {
    await stage.close()
  }
})
