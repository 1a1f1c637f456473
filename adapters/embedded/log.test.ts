import { rm } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bytesOf, follow, RecordingReader } from '../../test/contract/recording-reader.js'
import { scratchFolder } from '../../test/contract/scratch-folder.js'
import { EmbeddedLog } from './log.js'

const HOUR_MS = 3_600_000
const POINTS = 'tidemark.points'

let folder: string
let nowMs: number
let log: EmbeddedLog

const open = (partitions = 2) =>
  new EmbeddedLog({
    folder,
    partitions,
    retentionMs: {
      'tidemark.points': 24 * HOUR_MS,
      'tidemark.windows': 6 * HOUR_MS,
      'tidemark.deadletter': 168 * HOUR_MS,
    },
    clock: () => nowMs,
  })
const append = (...texts: string[]) =>
  log.append(
    POINTS,
    texts.map((text) => ({ partition: 0, value: bytesOf(text) })),
  )

beforeEach(async () => {
  folder = await scratchFolder()
  nowMs = 1_700_000_000_000
  log = open()
})
afterEach(async () => {
  await log.close()
  await rm(folder, { recursive: true })
})

test('trims what is older than the retention of its topic, and nothing else', async () => {
  await append('old', 'old too')
  await log.append('tidemark.windows', [{ partition: 0, value: bytesOf('window') }])
  nowMs += 10 * HOUR_MS
  await append('young')
  await log.trim(nowMs)
  expect((await log.bounds(POINTS))[0]).toEqual({ partition: 0, start: 0, end: 3 })
  expect((await log.bounds('tidemark.windows'))[0]).toEqual({ partition: 0, start: 1, end: 1 })
  nowMs += 15 * HOUR_MS
  await log.trim(nowMs)
  const { reader } = await follow(log, POINTS, 'g')
  await reader.reached(1)
  expect(reader.texts(0)).toEqual(['young'])
})

test('trims many records in steps', async () => {
  await append(...Array.from({ length: 1000 }, (_, i) => `${i}`))
  nowMs += 25 * HOUR_MS
  await log.trim(nowMs)
  expect((await log.bounds(POINTS))[0]).toEqual({ partition: 0, start: 1000, end: 1000 })
})

test('an emptied partition goes on counting where it was, after a restart too', async () => {
  await append('a', 'b')
  nowMs += 25 * HOUR_MS
  await log.trim(nowMs)
  await log.close()
  log = open()
  await append('c')
  const { reader } = await follow(log, POINTS, 'g')
  await reader.reached(1)
  expect(reader.entries.get(0)!.map((entry) => entry.offset)).toEqual([2])
})

test('a group whose position was trimmed away starts at the earliest record', async () => {
  await append('a')
  const first = await follow(log, POINTS, 'g')
  await first.reader.reached(1)
  await first.subscription.commit(0, { offset: 0, metadata: '' })
  await first.subscription.close()
  nowMs += 25 * HOUR_MS
  await append('b')
  await log.trim(nowMs)
  const second = await follow(log, POINTS, 'g')
  await second.reader.reached(1)
  expect(second.reader.texts(0)).toEqual(['b'])
})

test('keeps partitions that hold records when fewer are wanted', async () => {
  await log.append(POINTS, [{ partition: 1, value: bytesOf('b') }])
  await log.close()
  log = open(1)
  expect(await log.partitions(POINTS)).toBe(2)
  expect(await log.partitions('tidemark.deadletter')).toBe(1)
})

test('hands over at most 8 MB at once', async () => {
  const value = new Uint8Array(3 << 20)
  for (let i = 0; i < 5; i++) await log.append(POINTS, [{ partition: 0, value }])
  await log.close()
  log = open()
  const sizes: number[] = []
  const reader = new RecordingReader()
  reader.during = async (_, entries) => void sizes.push(entries.length)
  await log.consume(POINTS, 'g', reader)
  await reader.reached(5)
  expect(sizes).toEqual([3, 2])
})

test('gives old records from the disk and new ones from memory without a gap', async () => {
  const value = (i: number) => Buffer.alloc(900_000, `${i} `)
  for (let i = 0; i < 12; i++) await log.append(POINTS, [{ partition: 0, value: value(i) }])
  const reader = new RecordingReader()
  reader.during = async (_, entries) => {
    const next = entries[entries.length - 1].offset + 1
    if (next >= 6 && next < 30)
      await log.append(POINTS, [{ partition: 0, value: value((await log.bounds(POINTS))[0].end) }])
  }
  await log.consume(POINTS, 'g', reader)
  await reader.reached(13)
  const entries = reader.entries.get(0)!
  expect(entries.map((entry) => entry.offset)).toEqual(entries.map((_, i) => i))
  for (const entry of entries) expect(Buffer.compare(entry.value, value(entry.offset))).toBe(0)
})

test('refuses a partition that it does not have, and a second reader of a group', async () => {
  await expect(log.append(POINTS, [{ partition: 9, value: bytesOf('a') }])).rejects.toThrow('no partition 9')
  await log.consume(POINTS, 'g', new RecordingReader())
  await expect(log.consume(POINTS, 'g', new RecordingReader())).rejects.toMatchObject({ code: 'TM_LOG_UNAVAILABLE' })
})
