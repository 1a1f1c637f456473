import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { LogBounds, LogCommit, LogEntry, LogReader } from '../../schemas/ports/log.js'
import type { GroupConsumer, GroupListener, Membership } from './client-parts.js'
import { KafkaSubscription } from './subscription.js'

/** Resolves once everything has happened that needs no time. */
const settle = async () => {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve))
}
const fenced = Object.assign(new Error('past'), { type: 'ILLEGAL_GENERATION' })
const entry = (offset: number, bytes = 1): LogEntry => ({ offset, appendedMs: 0, value: new Uint8Array(bytes) })

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
})
afterEach(() => void vi.useRealTimers())

/** A group of one consumer that the test plays the brokers for. */
class FakeConsumer implements GroupConsumer {
  isStarted = false
  isClosed = false
  readonly paused = new Set<number>()
  readonly sought: [partition: number, offset: number][] = []
  readonly commits: { member: Membership; partition: number; commit: LogCommit }[] = []
  refusals: Error[] = []

  constructor(
    readonly listener: GroupListener,
    readonly stored: Map<number, LogCommit>,
  ) {}
  start() {
    this.isStarted = true
  }
  pause(partitions: readonly number[]) {
    for (const partition of partitions) this.paused.add(partition)
  }
  resume(partitions: readonly number[]) {
    for (const partition of partitions) this.paused.delete(partition)
  }
  seek(partition: number, offset: number) {
    this.sought.push([partition, offset])
  }
  async committed(partition: number) {
    return this.stored.get(partition)
  }
  async commit(member: Membership, partition: number, commit: LogCommit) {
    const refusal = this.refusals.shift()
    if (refusal) throw refusal
    this.commits.push({ member, partition, commit })
    this.stored.set(partition, commit)
  }
  async close() {
    this.isClosed = true
  }
  /** Gives it a share, and confirms the generation. */
  share(partitions: number[], generation: number, memberId = 'm') {
    this.listener.rebalancing()
    this.listener.shared(memberId, partitions)
    this.listener.confirmed({ memberId, generation })
  }
}

/** A subscription, its consumers, and all that its reader was told. */
function stage(reads: (partition: number, entries: LogEntry[]) => Promise<void> = async () => undefined) {
  const told: string[] = []
  const stored = new Map<number, LogCommit>()
  const consumers: FakeConsumer[] = []
  const errors: string[] = []
  let restarts = 0
  const bounds: LogBounds[] = [0, 1, 2].map((partition) => ({ partition, start: 0, end: 100 }))
  const reader: LogReader = {
    async assign(partition, committed) {
      told.push(`assign ${partition} ${committed ? committed.metadata : '-'}`)
      return undefined
    },
    async read(partition, entries) {
      told.push(`read ${partition} ${entries.map(({ offset }) => offset).join()}`)
      await reads(partition, entries)
    },
    async revoke(partition) {
      told.push(`revoke ${partition}`)
    },
  }
  const subscription = new KafkaSubscription({
    topic: 'points',
    group: 'g',
    reader,
    open: (listener) => {
      const consumer = new FakeConsumer(listener, stored)
      consumers.push(consumer)
      return consumer
    },
    bounds: async () => bounds,
    clock: Date.now,
    onError: ({ message }) => void errors.push(message),
    onRestart: () => void restarts++,
  })
  const consumer = () => consumers[consumers.length - 1]
  return { subscription, told, stored, consumers, consumer, errors, bounds, restarts: () => restarts }
}

/** A promise that is kept by hand. */
function gate() {
  let open: () => void = () => undefined
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, passed }
}

describe('a partition', () => {
  test('is fetched from the stored position on, and only once the reader has been asked', async () => {
    const { consumer, told, stored } = stage()
    stored.set(1, { offset: 7, metadata: 'w' })
    consumer().share([0, 1], 1)
    expect([...consumer().paused]).toEqual([0, 1])
    await settle()
    expect(told).toEqual(['assign 0 -', 'assign 1 w'])
    expect(consumer().sought.sort()).toEqual([
      [0, 0],
      [1, 7],
    ])
    expect(consumer().paused.size).toBe(0)
  })

  test('whose position is gone starts at the earliest record; only expired records are an error', async () => {
    const { consumer, stored, bounds, errors } = stage()
    bounds[0].start = 50
    stored.set(0, { offset: 7, metadata: '' })
    stored.set(1, { offset: 101, metadata: '' })
    consumer().share([0, 1], 1)
    await settle()
    expect(consumer().sought.sort()).toEqual([
      [0, 50],
      [1, 0],
    ])
    expect(errors).toEqual(['records 7 to 49 of points/0 were removed before group g had read them'])
  })

  test('is handed over in batches that never overlap; what comes twice is left out', async () => {
    const first = gate()
    const { consumer, told } = stage(() => first.passed)
    consumer().share([0], 1)
    await settle()
    consumer().listener.fetched(0, [entry(0), entry(1)])
    await settle()
    consumer().listener.fetched(0, [entry(1), entry(2)])
    consumer().listener.fetched(0, [entry(3)])
    await settle()
    expect(told).toEqual(['assign 0 -', 'read 0 0,1'])
    first.open()
    await settle()
    expect(told.slice(2)).toEqual(['read 0 2,3'])
  })

  test('pauses while enough waits for its reader, and the others go on', async () => {
    const busy = gate()
    const { consumer, told } = stage((partition) => (partition === 0 ? busy.passed : Promise.resolve()))
    consumer().share([0, 1], 1)
    await settle()
    const large = 40 << 20
    consumer().listener.fetched(0, [entry(0)])
    await settle()
    consumer().listener.fetched(0, [entry(1, large)])
    consumer().listener.fetched(1, [entry(0)])
    await settle()
    expect([...consumer().paused]).toEqual([0])
    expect(told).toContain('read 1 0')
    busy.open()
    await settle()
    expect(consumer().paused.size).toBe(0)
    expect(told).toContain('read 0 1')
  })

  test('with records left out of a fetch is fetched again before they are given up', async () => {
    const { consumer, told, errors } = stage()
    consumer().share([0], 1)
    await settle()
    consumer().sought.length = 0
    consumer().listener.fetched(0, [entry(5)])
    expect(consumer().sought).toEqual([[0, 0]])
    consumer().listener.fetched(0, [entry(0), entry(1)])
    await settle()
    expect(told).toEqual(['assign 0 -', 'read 0 0,1'])
    expect(errors).toEqual([])
  })

  test('that retention has passed gets its position and metadata back', async () => {
    const { subscription, consumer, stored, errors } = stage()
    consumer().share([0], 1)
    await settle()
    await subscription.commit(0, { offset: 1, metadata: 'w' })
    // What the client does when its offset is out of range.
    stored.delete(0)
    consumer().listener.fetched(0, [entry(60)])
    consumer().listener.fetched(0, [entry(60)])
    await settle()
    expect(errors).toEqual(['records 0 to 59 of points/0 were removed before group g had read them'])
    expect(stored.get(0)).toEqual({ offset: 1, metadata: 'w' })
  })
})

describe('a rebalance', () => {
  test('takes what went to another, and leaves the rest where it was', async () => {
    const { consumer, told } = stage()
    consumer().share([0, 1], 1)
    await settle()
    consumer().listener.fetched(1, [entry(0), entry(1)])
    await settle()
    told.length = 0
    consumer().sought.length = 0
    consumer().share([1, 2], 2)
    await settle()
    expect(told.sort()).toEqual(['assign 2 -', 'revoke 0'])
    expect(consumer().sought).toEqual([
      [1, 2],
      [2, 0],
    ])
    consumer().listener.fetched(1, [entry(2)])
    await settle()
    expect(told).toContain('read 1 2')
  })

  test('that others may have gone through without us takes everything, and gives it anew', async () => {
    const { consumer, told } = stage()
    consumer().share([0], 1)
    await settle()
    consumer().share([0], 3)
    await settle()
    expect(told).toEqual(['assign 0 -', 'revoke 0', 'assign 0 -'])
    consumer().share([0], 4, 'another name')
    await settle()
    expect(told.slice(3)).toEqual(['revoke 0', 'assign 0 -'])
  })

  test('claims what is held, in the name of the generation that gave it', async () => {
    const { consumer } = stage()
    expect(consumer().listener.claim()).toEqual({ generation: 0, partitions: [] })
    consumer().share([0, 2], 5)
    expect(consumer().listener.claim()).toEqual({ generation: 5, partitions: [0, 2] })
  })

  test('holds commits back until the share is confirmed', async () => {
    const { subscription, consumer } = stage()
    consumer().share([0], 1)
    await settle()
    consumer().listener.rebalancing()
    const commit = subscription.commit(0, { offset: 1, metadata: '' })
    consumer().listener.shared('m', [0])
    await settle()
    expect(consumer().commits).toEqual([])
    consumer().listener.confirmed({ memberId: 'm', generation: 2 })
    await commit
    expect(consumer().commits.map(({ member }) => member.generation)).toEqual([2])
  })

  test('lets no commit through for what went to another', async () => {
    const { subscription, consumer } = stage()
    consumer().share([0, 1], 1)
    await settle()
    consumer().listener.rebalancing()
    const commit = subscription.commit(0, { offset: 1, metadata: '' })
    consumer().listener.shared('m', [1])
    consumer().listener.confirmed({ memberId: 'm', generation: 2 })
    await commit
    await subscription.commit(0, { offset: 2, metadata: '' })
    expect(consumer().commits).toEqual([])
  })

  test('lets no commit through from a batch of before, when the partition came back meanwhile', async () => {
    const busy = gate()
    const { subscription, consumer, told } = stage(async (partition) => {
      await busy.passed
      await subscription.commit(partition, { offset: 1, metadata: 'old' })
    })
    consumer().share([0], 1)
    await settle()
    consumer().listener.fetched(0, [entry(0)])
    await settle()
    consumer().share([], 2)
    consumer().share([0], 3)
    await settle()
    busy.open()
    await settle()
    expect(told).toEqual(['assign 0 -', 'read 0 0', 'revoke 0', 'assign 0 -'])
    expect(consumer().commits).toEqual([])
  })
})

describe('a commit', () => {
  test('that the group refuses waits for the next generation', async () => {
    const { subscription, consumer } = stage()
    consumer().share([0], 1)
    await settle()
    consumer().refusals = [fenced]
    const commit = subscription.commit(0, { offset: 1, metadata: 'w' })
    await settle()
    expect(consumer().commits).toEqual([])
    consumer().share([0], 2)
    await commit
    expect(consumer().commits).toEqual([
      { member: { memberId: 'm', generation: 2 }, partition: 0, commit: { offset: 1, metadata: 'w' } },
    ])
  })

  test('that does not get through is told, to be tried again', async () => {
    const { subscription, consumer } = stage()
    consumer().share([0], 1)
    await settle()
    consumer().refusals = [new Error('socket hang up')]
    const refusal = { code: 'TM_LOG_UNAVAILABLE', retriable: true }
    await expect(subscription.commit(0, { offset: 1, metadata: '' })).rejects.toMatchObject(refusal)
  })
})

describe('a consumer', () => {
  test('that crashes is replaced, and its partitions are taken before they are given anew', async () => {
    const { consumer, consumers, told, errors, restarts, stored } = stage()
    consumer().share([0], 1)
    await settle()
    stored.set(0, { offset: 4, metadata: 'w' })
    consumer().listener.crashed(new Error('non-retriable'))
    await settle()
    expect(told).toEqual(['assign 0 -', 'revoke 0'])
    expect(errors[0]).toMatch('group g reads points again from its stored positions: non-retriable')
    expect(restarts()).toBe(1)
    expect(consumers[0].isClosed).toBe(true)
    await vi.advanceTimersByTimeAsync(500)
    expect(consumers).toHaveLength(2)
    consumer().share([0], 9)
    await settle()
    expect(told.slice(2)).toEqual(['assign 0 w'])
    // Nothing that the old one still says counts.
    consumers[0].listener.fetched(0, [entry(50)])
    consumers[0].listener.shared('m', [2])
    consumers[0].listener.crashed(new Error('again'))
    await settle()
    expect(told).toHaveLength(3)
    expect(restarts()).toBe(1)
  })

  test('that stops fetching, though it sends heartbeats, is replaced', async () => {
    const { consumer, consumers, told, errors } = stage()
    consumer().share([0], 1)
    await settle()
    for (let second = 0; second < 70; second++) {
      await vi.advanceTimersByTimeAsync(1000)
      if (second < 5) consumer().listener.turned()
      if (consumers.length === 1) consumer().listener.confirmed({ memberId: 'm', generation: 1 })
    }
    expect(told).toEqual(['assign 0 -', 'revoke 0'])
    expect(errors).toEqual([expect.stringMatching('it stopped fetching within 6[01] s')])
    expect(consumers).toHaveLength(2)
  })

  test('that does not get through a rebalance is replaced', async () => {
    const { consumer, consumers, told, errors } = stage()
    consumer().share([0], 1)
    await settle()
    consumer().listener.rebalancing()
    await vi.advanceTimersByTimeAsync(62_000)
    expect(told).toEqual(['assign 0 -', 'revoke 0'])
    expect(errors[0]).toMatch('a rebalance did not come to its end')
    expect(consumers).toHaveLength(2)
  })

  test('that keeps failing is replaced ever more slowly, and for ever', async () => {
    const { consumer, consumers } = stage()
    const pauses: number[] = []
    for (let round = 1; round <= 8; round++) {
      consumer().listener.crashed(new Error('away'))
      const startMs = Date.now()
      while (consumers.length === round) await vi.advanceTimersByTimeAsync(100)
      pauses.push(Date.now() - startMs)
    }
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000])
  })

  test('tells what an operator must mend as what it is', async () => {
    const { consumer, errors } = stage()
    consumer().listener.crashed(Object.assign(new Error('no'), { type: 'UNKNOWN_TOPIC_OR_PARTITION' }))
    expect(errors).toEqual(['the topic points does not exist in Kafka'])
  })
})

describe('the end', () => {
  test('by an error of the reader revokes every partition and is told', async () => {
    const { subscription, consumer, told } = stage(async () => {
      throw new Error('cannot take it')
    })
    consumer().share([0, 1], 1)
    await settle()
    consumer().listener.fetched(0, [entry(0)])
    await settle()
    await expect(subscription.ended).rejects.toThrow('cannot take it')
    expect(told.filter((line) => line.startsWith('revoke')).sort()).toEqual(['revoke 0', 'revoke 1'])
    expect(consumer().isClosed).toBe(true)
  })

  test('waits for the batch at hand, whose position is still stored', async () => {
    const busy = gate()
    const { subscription, consumer, told } = stage(async (partition) => {
      await busy.passed
      await subscription.commit(partition, { offset: 1, metadata: 'last' })
    })
    consumer().share([0], 1)
    await settle()
    consumer().listener.fetched(0, [entry(0)])
    await settle()
    const closed = subscription.close()
    await settle()
    expect(told).toEqual(['assign 0 -', 'read 0 0'])
    busy.open()
    await closed
    expect(told.at(-1)).toBe('revoke 0')
    expect(consumer().commits.map(({ commit }) => commit.metadata)).toEqual(['last'])
    await expect(subscription.ended).resolves.toBeUndefined()
  })

  test('waits no more than 10 s for a rebalance to store the last position', async () => {
    const busy = gate()
    const { subscription, consumer } = stage(async (partition) => {
      await busy.passed
      await subscription.commit(partition, { offset: 1, metadata: 'last' })
    })
    consumer().share([0], 1)
    await settle()
    consumer().listener.fetched(0, [entry(0)])
    await settle()
    consumer().listener.rebalancing()
    let isClosed = false
    const closed = subscription.close().then(() => {
      isClosed = true
    })
    busy.open()
    await settle()
    await vi.advanceTimersByTimeAsync(9999)
    await settle()
    expect(isClosed).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    await closed
    expect(consumer().commits).toEqual([])
  })

  test('while a consumer is being replaced starts no other', async () => {
    const { subscription, consumer, consumers } = stage()
    consumer().listener.crashed(new Error('away'))
    await subscription.close()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(consumers).toHaveLength(1)
  })
})
