import { describe, expect, test } from 'vitest'
import { Appender, type AppenderParts } from './appender.js'
import type { BatchProducer } from './client-parts.js'
import type { QueuedRecord } from './send-queue.js'

const protocol = (type: string) => Object.assign(new Error(type), { name: 'KafkaJSProtocolError', type })
const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Producers that keep what they are sent, each request until it is let through. */
function broker(parts: Partial<AppenderParts> = {}) {
  const stored: string[] = []
  const requests: { producer: number; texts: string[] }[] = []
  let producers = 0
  let closed = 0
  /** What becomes of the next requests: stored unless told otherwise. */
  const outcomes: (Error | Promise<void>)[] = []
  const unknown = new Set<number>()
  const connect = async (): Promise<BatchProducer> => {
    const producer = ++producers
    return {
      async send(_topic: string, records: readonly QueuedRecord[]) {
        const texts = records.map(({ value }) => value.toString())
        requests.push({ producer, texts })
        const outcome = outcomes.shift()
        if (outcome instanceof Error) throw outcome
        await outcome
        const known = records.filter(({ partition }) => !unknown.has(partition))
        stored.push(...known.map(({ value }) => value.toString()))
        return new Set(known.map(({ partition }) => partition))
      },
      async close() {
        closed++
      },
    }
  }
  const appender = new Appender({
    topic: 'points',
    connect,
    limits: async () => ({ requestBytes: 10_000, partitionBytes: 1000, records: 10 }),
    queueBytes: 5000,
    clock: () => 0,
    ...parts,
  })
  const append = (...texts: string[]) =>
    appender.append(texts.map((text) => ({ partition: Number(text[0]), value: Buffer.from(text) })))
  return { appender, append, stored, requests, outcomes, unknown, producers: () => producers, closed: () => closed }
}

describe('appends', () => {
  test('of one moment share a request, and those that come meanwhile the next', async () => {
    const { append, requests, outcomes } = broker()
    let release = () => {}
    outcomes.push(
      new Promise((resolve) => {
        release = resolve
      }),
    )
    const first = [append('0a'), append('1b')]
    await turn()
    const later = [append('0c'), append('0d'), append('2e')]
    await turn()
    expect(requests.map(({ texts }) => texts)).toEqual([['0a', '1b']])
    release()
    await Promise.all([...first, ...later])
    expect(requests.map(({ texts }) => texts)).toEqual([
      ['0a', '1b'],
      ['0c', '0d', '2e'],
    ])
  })

  test('of more than a request takes are through only with the last of their records', async () => {
    const { append, requests, outcomes, stored } = broker()
    const texts = Array.from({ length: 25 }, (_, i) => `0${i}`)
    outcomes.push(Promise.resolve(), Promise.resolve())
    await append(...texts)
    expect(requests.map(({ texts }) => texts.length)).toEqual([10, 10, 5])
    expect(stored).toEqual(texts)
  })

  test('are given the bytes they have, of views into larger buffers too', async () => {
    const { appender, stored } = broker()
    const bytes = new TextEncoder().encode('..inside..')
    await appender.append([{ partition: 0, value: bytes.subarray(2, 8) }])
    expect(stored).toEqual(['inside'])
  })

  test('of nothing ask no one', async () => {
    const { append, producers } = broker()
    await append()
    expect(producers()).toBe(0)
  })

  test('that would wait behind too many bytes are told to come back: at the limit, and not one byte above', async () => {
    const { append } = broker()
    const first = append(`0${'x'.repeat(3999)}`)
    const fits = append(`0${'x'.repeat(999)}`)
    await expect(append('0')).rejects.toMatchObject({ code: 'TM_LOG_BACKPRESSURE', retriable: true })
    await Promise.all([first, fits])
    await append('0')
  })
})

describe('a request that fails', () => {
  test('fails its callers, with all that is left of their records, and no other', async () => {
    const { append, outcomes, stored } = broker()
    outcomes.push(protocol('NOT_ENOUGH_REPLICAS'))
    const long = append(...Array.from({ length: 15 }, (_, i) => `0${i}`))
    const other = append('1b')
    await expect(long).rejects.toMatchObject({ code: 'TM_LOG_UNAVAILABLE', retriable: true })
    await other
    expect(stored).toEqual(['1b'])
  })

  test('ends its producer: sequence numbers after a failure are not to be trusted', async () => {
    const { append, outcomes, requests, closed } = broker()
    outcomes.push(new Error('socket hang up'))
    await expect(append('0a')).rejects.toMatchObject({ code: 'TM_LOG_UNAVAILABLE' })
    await append('0b')
    expect(requests.map(({ producer }) => producer)).toEqual([1, 2])
    expect(closed()).toBe(1)
  })

  test('by its sequence goes out once more under a new producer, and only once', async () => {
    const { append, outcomes, stored, requests } = broker()
    outcomes.push(protocol('OUT_OF_ORDER_SEQUENCE_NUMBER'))
    await append('0a')
    expect(stored).toEqual(['0a'])
    outcomes.push(protocol('UNKNOWN_PRODUCER_ID'), protocol('UNKNOWN_PRODUCER_ID'))
    await expect(append('0b')).rejects.toMatchObject({ code: 'TM_LOG_UNAVAILABLE' })
    expect(requests.map(({ producer }) => producer)).toEqual([1, 2, 2, 3])
  })

  test('for a partition that the producer left out fails its records alone', async () => {
    const { append, unknown, stored, producers } = broker()
    unknown.add(7)
    const outcomes = await Promise.allSettled([append('0a'), append('7b'), append('0c', '7d')])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    unknown.clear()
    await append('7b')
    expect(stored).toEqual(['0a', '0c', '7b'])
    expect(producers()).toBe(2)
  })

  test('because no connection is had is told, and the next one tries anew', async () => {
    let tries = 0
    const { append } = broker({
      connect: async () => {
        if (++tries === 1) throw new Error('connect ECONNREFUSED')
        return { send: async (_, records) => new Set(records.map(({ partition }) => partition)), close: async () => {} }
      },
    })
    await expect(append('0a')).rejects.toMatchObject({ code: 'TM_LOG_UNAVAILABLE' })
    await append('0a')
    expect(tries).toBe(2)
  })
})

describe('closing', () => {
  test('sends what waits and takes no more', async () => {
    const { appender, append, stored, closed } = broker()
    const last = append('0a')
    await appender.close()
    await last
    expect(stored).toEqual(['0a'])
    expect(closed()).toBe(1)
    await expect(append('0b')).rejects.toMatchObject({ code: 'TM_LOG_UNAVAILABLE' })
  })

  test('waits for one failure at most', async () => {
    const { appender, append, outcomes, requests } = broker()
    outcomes.push(new Error('away'))
    const texts = Array.from({ length: 30 }, (_, i) => `0${i}`)
    const appends = Promise.allSettled(texts.map((text) => append(text)))
    await appender.close()
    expect((await appends).every(({ status }) => status === 'rejected')).toBe(true)
    expect(requests).toHaveLength(1)
  })
})
