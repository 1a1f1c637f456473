import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Log, LogEntry } from '../../schemas/ports/log.js'
import { eventually } from './eventually.js'
import { bytesOf, follow, RecordingReader, textOf } from './recording-reader.js'

/** An empty log with at least two partitions of points. */
export interface LogHarness {
  log: Log
  /** Closes the log and opens it again over what it stored. */
  reopen(): Promise<Log>
  /** Closes it and removes what it stored. */
  close(): Promise<void>
}

const POINTS = 'tidemark.points'

/** What every Log keeps. */
export function logContract(name: string, open: () => Promise<LogHarness>): void {
  describe(`log: ${name}`, () => {
    let harness: LogHarness
    let log: Log
    beforeEach(async () => {
      harness = await open()
      log = harness.log
    })
    afterEach(() => harness.close())

    const append = (partition: number, ...texts: string[]) =>
      log.append(
        POINTS,
        texts.map((text) => ({ partition, value: bytesOf(text) })),
      )

    test('gives each record in order within its partition, with growing offsets', async () => {
      await log.append(POINTS, [
        { partition: 0, value: bytesOf('a0') },
        { partition: 1, value: bytesOf('b0') },
        { partition: 0, value: bytesOf('a1') },
      ])
      await append(0, 'a2')
      const { reader } = await follow(log, POINTS, 'g')
      await reader.reached(4)
      expect(reader.texts(0)).toEqual(['a0', 'a1', 'a2'])
      expect(reader.texts(1)).toEqual(['b0'])
      const offsets = reader.entries.get(0)!.map((entry) => entry.offset)
      expect(offsets).toEqual([...offsets].sort((a, b) => a - b))
      expect(new Set(offsets).size).toBe(3)
    })

    test('says when a record was appended', async () => {
      const before = Date.now()
      await append(0, 'now')
      const { reader } = await follow(log, POINTS, 'g')
      await reader.reached(1)
      expect(reader.entries.get(0)![0].appendedMs).toBeGreaterThanOrEqual(before - 1000)
      expect(reader.entries.get(0)![0].appendedMs).toBeLessThanOrEqual(Date.now() + 1000)
    })

    test('gives records to a reader that waited for them', async () => {
      const { reader } = await follow(log, POINTS, 'g')
      await eventually(() => expect(reader.assigned.size).toBeGreaterThanOrEqual(2))
      for (let i = 0; i < 5; i++) await append(1, `late ${i}`)
      await reader.reached(5)
      expect(reader.texts(1)).toEqual(['late 0', 'late 1', 'late 2', 'late 3', 'late 4'])
    })

    test('keeps every byte of a value, the empty one and a large one too', async () => {
      const large = Uint8Array.from({ length: 700_001 }, (_, i) => (i * 31 + (i >> 8)) & 0xff)
      const values = [new Uint8Array(0), Uint8Array.of(0, 255, 0), large, large.subarray(3, 400_000)]
      await log.append(
        POINTS,
        values.map((value) => ({ partition: 0, value })),
      )
      const { reader } = await follow(log, POINTS, 'g')
      await reader.reached(values.length)
      for (const [i, entry] of reader.entries.get(0)!.entries()) expect(Buffer.compare(entry.value, values[i])).toBe(0)
    })

    test('loses and swaps nothing when many append at once', async () => {
      const writers = Array.from({ length: 8 }, async (_, writer) => {
        for (let i = 0; i < 25; i++) await append(writer % 2, `${writer}:${i}`)
      })
      const { reader } = await follow(log, POINTS, 'g')
      await Promise.all(writers)
      await reader.reached(200)
      for (let writer = 0; writer < 8; writer++) {
        const own = reader.texts(writer % 2).filter((text) => text.startsWith(`${writer}:`))
        expect(own).toEqual(Array.from({ length: 25 }, (_, i) => `${writer}:${i}`))
      }
    })

    test('goes on from the committed offset, and gives the metadata back', async () => {
      await append(0, 'a', 'b', 'c')
      const first = await follow(log, POINTS, 'g')
      await first.reader.reached(3)
      const { offset } = first.reader.entries.get(0)![1]
      await first.subscription.commit(0, { offset, metadata: '{"watermark":17}' })
      await first.subscription.close()

      const second = await follow(log, POINTS, 'g')
      await second.reader.reached(2)
      expect(second.reader.texts(0)).toEqual(['b', 'c'])
      expect(second.reader.assigned.get(0)).toEqual({ offset, metadata: '{"watermark":17}' })
    })

    test('stores a position before anything was read, and 4 kB of metadata with it', async () => {
      await append(0, 'a', 'b')
      const first = await follow(log, POINTS, 'g')
      await first.reader.reached(2)
      await first.subscription.close()
      const { offset } = first.reader.entries.get(0)![1]
      const idle = await follow(log, POINTS, 'g')
      await eventually(() => expect(idle.reader.assigned.has(0)).toBe(true))
      const commit = { offset, metadata: 'w'.repeat(4096) }
      await idle.subscription.commit(0, commit)
      await idle.subscription.close()
      const second = await follow(log, POINTS, 'g')
      await second.reader.reached(1)
      expect(second.reader.assigned.get(0)).toEqual(commit)
      expect(second.reader.texts(0)).toEqual(['b'])
    })

    test('gives everything again to a group that committed nothing', async () => {
      await append(0, 'a', 'b')
      const first = await follow(log, POINTS, 'g')
      await first.reader.reached(2)
      await first.subscription.close()
      const second = await follow(log, POINTS, 'g')
      await second.reader.reached(2)
      expect(second.reader.assigned.get(0)).toBeUndefined()
      expect(second.reader.texts(0)).toEqual(['a', 'b'])
    })

    test('starts where the reader says instead of at the commit', async () => {
      await append(0, 'a', 'b', 'c')
      const first = await follow(log, POINTS, 'g')
      await first.reader.reached(3)
      const offsets = first.reader.entries.get(0)!.map((entry) => entry.offset)
      await first.subscription.commit(0, { offset: offsets[2] + 1, metadata: '' })
      await first.subscription.close()

      const reader = new RecordingReader()
      reader.startAt = (partition) => (partition === 0 ? offsets[1] : undefined)
      await log.consume(POINTS, 'g', reader)
      await reader.reached(2)
      expect(reader.texts(0)).toEqual(['b', 'c'])
    })

    test('keeps the groups apart', async () => {
      await append(0, 'a', 'b')
      const first = await follow(log, POINTS, 'one')
      await first.reader.reached(2)
      await first.subscription.commit(0, { offset: first.reader.entries.get(0)![1].offset + 1, metadata: 'x' })
      const second = await follow(log, POINTS, 'two')
      await second.reader.reached(2)
      expect(second.reader.assigned.get(0)).toBeUndefined()
      expect(second.reader.texts(0)).toEqual(['a', 'b'])
    })

    test('keeps the topics apart', async () => {
      await append(0, 'a point')
      await log.append('tidemark.windows', [{ partition: 0, value: bytesOf('a window') }])
      const { reader } = await follow(log, 'tidemark.windows', 'g')
      await reader.reached(1)
      expect(reader.texts(0)).toEqual(['a window'])
    })

    test('reads no more of a partition while its reader is busy, and goes on with the others', async () => {
      const reader = new RecordingReader()
      let release = () => {}
      const busy = new Promise<void>((resolve) => {
        release = resolve
      })
      reader.during = async (partition) => {
        if (partition === 0) await busy
      }
      await append(0, 'first')
      await log.consume(POINTS, 'g', reader)
      await reader.reached(1)
      await append(0, 'second')
      await append(1, 'other')
      await reader.reached(2)
      await new Promise((resolve) => setTimeout(resolve, 100))
      expect(reader.texts(0)).toEqual(['first'])
      expect(reader.texts(1)).toEqual(['other'])
      release()
      await reader.reached(3)
      expect(reader.texts(0)).toEqual(['first', 'second'])
      expect(reader.overlapped.size).toBe(0)
    })

    test('ends with the error of its reader, and gives the record again to the next', async () => {
      await append(0, 'hard')
      const reader = new RecordingReader()
      reader.during = async () => {
        throw new Error('cannot take it')
      }
      const subscription = await log.consume(POINTS, 'g', reader)
      await expect(subscription.ended).rejects.toThrow('cannot take it')
      expect(reader.revoked.has(0)).toBe(true)
      await subscription.close()
      const next = await follow(log, POINTS, 'g')
      await next.reader.reached(1)
      expect(next.reader.texts(0)).toEqual(['hard'])
    })

    test('close waits for the reader, takes every partition away and reads no more', async () => {
      await append(0, 'a')
      const reader = new RecordingReader()
      let finished = false
      reader.during = async () => {
        await new Promise((resolve) => setTimeout(resolve, 50))
        finished = true
      }
      const subscription = await log.consume(POINTS, 'g', reader)
      await reader.reached(1)
      await subscription.close()
      expect(finished).toBe(true)
      expect([...reader.revoked].sort()).toEqual([...reader.assigned.keys()].sort())
      await expect(subscription.ended).resolves.toBeUndefined()
      await append(0, 'b')
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(reader.texts(0)).toEqual(['a'])
    })

    test('says which offsets it holds', async () => {
      const before = (await log.bounds(POINTS)).find((bounds) => bounds.partition === 1)!
      await append(1, 'a', 'b')
      const bounds = await log.bounds(POINTS)
      expect(bounds.map((bound) => bound.partition).sort()).toEqual([...Array(await log.partitions(POINTS)).keys()])
      expect(bounds.find((bound) => bound.partition === 1)!.end).toBe(before.end + 2)
    })

    test('keeps records, offsets and commits over a restart', async () => {
      await append(0, 'a', 'b')
      const first = await follow(log, POINTS, 'g')
      await first.reader.reached(2)
      const next = first.reader.entries.get(0)![0].offset + 1
      await first.subscription.commit(0, { offset: next, metadata: 'kept' })
      const bounds = await log.bounds(POINTS)

      log = await harness.reopen()
      expect(await log.bounds(POINTS)).toEqual(bounds)
      await append(0, 'c')
      const second = await follow(log, POINTS, 'g')
      await second.reader.reached(2)
      expect(second.reader.assigned.get(0)).toEqual({ offset: next, metadata: 'kept' })
      expect(second.reader.texts(0)).toEqual(['b', 'c'])
    })

    test('refuses to append once it is closed', async () => {
      await log.close()
      await expect(append(0, 'a')).rejects.toMatchObject({ code: 'TM_LOG_UNAVAILABLE', retriable: true })
    })

    test('follows thousands of records without a gap', async () => {
      const seen: LogEntry[] = []
      const { reader } = await follow(log, POINTS, 'g')
      reader.during = async (_, entries) => void seen.push(...entries)
      for (let i = 0; i < 30; i++) await append(0, ...Array.from({ length: 100 }, (_, k) => `${i * 100 + k}`))
      await reader.reached(3000)
      expect(seen.map(textOf)).toEqual(Array.from({ length: 3000 }, (_, i) => `${i}`))
    })
  })
}
