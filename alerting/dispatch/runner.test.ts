import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { RuleGroupStatus } from '../../schemas/ports/rules.js'
import { AlertStore } from '../alert-store.js'
import type { AlertDb } from '../tables.js'
import { heldAlert } from './alert.js'
import { DEFAULT_DISPATCH_YAML } from './config/default-config.js'
import { readDispatchConfig } from './config/read-config.js'
import type { GroupFlush } from './flush.js'
import { DispatchRunner, type RecordNotified } from './runner.js'
import { AlertInbox } from './store/alert-inbox.js'
import { MaintenanceStore } from './store/maintenance-store.js'
import { SilenceStore } from './store/silence-store.js'
import type { DispatchDb } from './store/tables.js'
import { type DispatchCatalog, startDispatchCatalog } from './testing/dispatch-catalog.js'

const T = Date.UTC(2026, 0, 1)
const S = 1000
const CONFIG = readDispatchConfig(DEFAULT_DISPATCH_YAML, 'default')

let catalog: DispatchCatalog
let db: DispatchDb
let nowMs: number

beforeAll(async () => {
  catalog = await startDispatchCatalog()
  db = catalog.db
})

beforeEach(async () => {
  nowMs = T
  await catalog.clear()
  await rules().retain([])
})

afterAll(() => catalog.stop())

const rules = () => new AlertStore(db as unknown as AlertDb)
const inbox = () => new AlertInbox(db)

/** Takes messages in transactions of its own, as whoever makes incidents of them does. */
class Taker {
  readonly lines: string[] = []
  /** What was taken; messages of one step come in no order. */
  sorted(): string[] {
    return [...this.lines].sort()
  }

  fails: (flush: GroupFlush) => boolean = () => false

  take = async (flush: GroupFlush, record: RecordNotified): Promise<void> => {
    await db.transaction().execute(async (tx) => {
      await record(tx)
      if (this.fails(flush)) throw new Error('it is not taken')
    })
    const marks = flush.alerts.map(({ status, labels }) => `${status === 'firing' ? '+' : '-'}${labels.alertname}`)
    this.lines.push(`${flush.reason} ${marks.join(' ')}`)
  }
}

function runner(taker: Taker, holder = 'one', errors: string[] = []): DispatchRunner {
  const onError = ({ code }: { code: string }) => errors.push(code)
  return new DispatchRunner({ db, config: () => CONFIG, clock: () => nowMs, holder, take: taker.take, onError })
}

const told = (alertname: string, endsMs?: number, labels = {}) =>
  heldAlert({ labels: { alertname, ...labels }, annotations: {}, endsMs, startsMs: nowMs }, nowMs, 300 * S)

async function judge(...firing: string[]): Promise<void> {
  const status: RuleGroupStatus = {
    name: 'g',
    file: 'f',
    intervalMs: 10 * S,
    rules: [
      {
        alert: 'r',
        query: 'up',
        forMs: 0,
        keepFiringMs: 0,
        labels: {},
        annotations: {},
        health: 'ok',
        tookMs: 0,
        alerts: firing.map((alertname) => ({
          fingerprint: alertname,
          labels: { alertname, service: 'api' },
          annotations: {},
          state: 'firing',
          value: nowMs,
          activeMs: T,
          firedMs: T,
          seenMs: nowMs,
        })),
      },
    ],
  }
  await rules().save([{ status, position: 0, judgedMs: nowMs, isChanged: true }])
}

test('alerts that others sent are told, and then that they are resolved', async () => {
  const taker = new Taker()
  const one = runner(taker)
  await inbox().receive([told('a'), told('b', T + 20 * S)], 100)
  await one.step()
  nowMs = T + 30 * S
  await inbox().receive([told('a')], 100)
  await one.step()
  nowMs = T + 400 * S
  await one.step()
  expect(taker.sorted()).toEqual(['first +a', 'first +b', 'resolved -a', 'resolved -b'])
})

test('alerts judged here fire until they are judged away', async () => {
  const taker = new Taker()
  const one = runner(taker)
  await judge('a', 'b')
  await one.step()
  nowMs = T + 3600 * S
  await judge('b')
  await one.step()
  expect(taker.sorted()).toEqual(['first +a', 'first +b', 'resolved -a'])
})

describe('whatever ends a process', () => {
  test('the next one tells what was taken in, and nothing of it twice', async () => {
    const taker = new Taker()
    await inbox().receive([told('a')], 100)
    await runner(taker).step()
    await inbox().receive([told('b')], 100)
    nowMs += S
    await runner(taker).step()
    await runner(taker).step()
    expect(taker.lines).toEqual(['first +a', 'first +b'])
  })

  test('what was resolved meanwhile is told as resolved', async () => {
    const taker = new Taker()
    await judge('a', 'b')
    await runner(taker).step()
    nowMs = T + 60 * S
    await judge('b')
    await runner(taker).step()
    expect(taker.sorted()).toEqual(['first +a', 'first +b', 'resolved -a'])
  })

  test('a message whose transaction failed comes again, and was not told', async () => {
    const taker = new Taker()
    const errors: string[] = []
    taker.fails = () => true
    await inbox().receive([told('a')], 100)
    await runner(taker, 'one', errors).step()
    taker.fails = () => false
    await runner(taker).step()
    expect([errors, taker.lines]).toEqual([['TM_INTERNAL'], ['first +a']])
  })

  test('alerts of others that ended while nobody listened get the time to be told again', async () => {
    const taker = new Taker()
    await inbox().receive([told('a', T + 60 * S)], 100)
    await runner(taker).step()
    await db
      .updateTable('dispatch_lease')
      .set({ until: new Date(Date.now() - 600_000) })
      .execute()
    nowMs = T + 600 * S
    const next = runner(taker, 'two')
    await next.step()
    nowMs += 60 * S
    await inbox().receive([told('a', nowMs + 240 * S)], 100)
    await next.step()
    nowMs += 60 * S
    await next.step()
    expect(taker.lines).toEqual(['first +a'])
    nowMs += 300 * S
    await next.step()
    expect(taker.lines).toEqual(['first +a', 'resolved -a'])
  })
})

describe('of two processes', () => {
  test('one dispatches; the other goes on where it stopped once it is gone', async () => {
    const [taker, other] = [new Taker(), new Taker()]
    const [one, two] = [runner(taker, 'one'), runner(other, 'two')]
    await inbox().receive([told('a')], 100)
    await one.step()
    await two.step()
    expect([one.counts().isLeader, two.counts().isLeader]).toEqual([true, false])
    await one.close()
    await inbox().receive([told('b')], 100)
    await two.step()
    expect([taker.lines, other.lines]).toEqual([['first +a'], ['first +b']])
  })

  test('one that stood still and lost its place tells nothing, though it believes that it may', async () => {
    const [taker, other] = [new Taker(), new Taker()]
    const errors: string[] = []
    const one = runner(taker, 'one', errors)
    const expire = () =>
      db
        .updateTable('dispatch_lease')
        .set({ until: new Date(Date.now() - 1000) })
        .execute()
    const take = taker.take
    taker.take = async (flush, record) => {
      // As long as it takes, another process comes to dispatch.
      await expire()
      await runner(other, 'two').step()
      return take(flush, record)
    }
    const stalled = new DispatchRunner({
      db,
      config: () => CONFIG,
      clock: () => nowMs,
      holder: 'one',
      take: (flush, record) => taker.take(flush, record),
      onError: ({ code }) => errors.push(code),
    })
    await inbox().receive([told('a')], 100)
    await stalled.step()
    expect([taker.lines, other.lines, errors]).toEqual([[], ['first +a'], ['TM_DISPATCH_LEASE']])
    await one.step()
    expect(one.counts().isLeader).toBe(false)
  })
})

/** Hands on so many messages, each of which takes longer than a lease is renewed. @returns ends of the lease, as seen */
async function handSlowly(count: number, meanwhile: (taken: number) => Promise<void>) {
  const seen = new Set<number>()
  const errors: string[] = []
  let taken = 0
  const taker = new Taker()
  const take: typeof taker.take = async (flush, record) => {
    nowMs += 2 * S
    const { until } = await db.selectFrom('dispatch_lease').select('until').executeTakeFirstOrThrow()
    seen.add(until.getTime())
    await meanwhile(++taken)
    return taker.take(flush, record)
  }
  const onError = ({ code }: { code: string }) => errors.push(code)
  const one = new DispatchRunner({ db, config: () => CONFIG, clock: () => nowMs, holder: 'one', take, onError })
  await inbox().receive(
    Array.from({ length: count }, (_, i) => told(`a${i}`)),
    1000,
  )
  await one.step()
  return { lines: taker.lines, seen, errors }
}

test('who hands on many messages keeps its place as long as that takes', async () => {
  const { lines, seen } = await handSlowly(50, async () => undefined)
  expect(lines).toHaveLength(50)
  expect(seen.size).toBeGreaterThan(2)
})

test('who loses its place half-way leaves the rest to the other at once', async () => {
  const { lines, errors } = await handSlowly(200, async (taken) => {
    if (taken !== 20) return
    await db
      .updateTable('dispatch_lease')
      .set({ holder: 'two', until: new Date(Date.now() + 60_000) })
      .execute()
  })
  // Those before, and those that were under way.
  expect(lines.length + errors.length).toBeLessThan(200)
  expect(new Set(errors)).toEqual(new Set(['TM_DISPATCH_LEASE']))
})

test('a process that lost its place takes nothing from the one that has it', async () => {
  const [taker, other] = [new Taker(), new Taker()]
  const [one, two] = [runner(taker, 'one'), runner(other, 'two')]
  await one.step()
  await db
    .updateTable('dispatch_lease')
    .set({ until: new Date(Date.now() - 1000) })
    .execute()
  await two.step()
  await inbox().receive([told('a')], 100)
  await one.step()
  expect(one.counts().isLeader).toBe(false)
  await two.step()
  expect([taker.lines, other.lines]).toEqual([[], ['first +a']])
})

test('silences and maintenance windows count within the next step, and what they muted is told after them', async () => {
  const taker = new Taker()
  const one = runner(taker)
  const silences = new SilenceStore(db)
  const windows = new MaintenanceStore(db)
  const matcher = (value: string) => [{ name: 'alertname', op: '=' as const, value }]
  const who = { createdBy: 'ann', comment: 'known' }
  await silences.set({ matchers: matcher('a'), startsMs: T, endsMs: T + 60 * S, ...who }, nowMs, 's1')
  await windows.set({ name: 'w', matchers: matcher('b'), intervals: [{ years: ['2026'] }], ...who }, nowMs)
  await inbox().receive([told('a'), told('b'), told('c')], 100)
  await one.step()
  expect(taker.lines).toEqual(['first +c'])
  nowMs += 30 * S
  await silences.expire('s1', nowMs)
  await one.step()
  await windows.remove('w')
  nowMs += 30 * S
  await one.step()
  expect(taker.lines).toEqual(['first +c', 'first +a', 'first +b'])
})

test('a P1 of a region mutes its P3, unless something else is configured', async () => {
  const taker = new Taker()
  await inbox().receive(
    [
      told('down', undefined, { severity: 'P1', region: 'eu' }),
      told('slow', undefined, { severity: 'P3', region: 'eu', host: 'h1' }),
      told('busy', undefined, { severity: 'P3', region: 'us', host: 'h2' }),
      told('odd', undefined, { severity: 'P3' }),
    ],
    100,
  )
  await runner(taker).step()
  expect(taker.sorted()).toEqual(['first +busy', 'first +down', 'first +odd'])
})

test('more alerts than may be held are refused, none of them is taken in', async () => {
  await inbox().receive([told('a'), told('b')], 3)
  await expect(inbox().receive([told('c'), told('d')], 3)).rejects.toMatchObject({ code: 'TM_ALERTS_FULL' })
  expect((await inbox().waiting(10)).alerts).toHaveLength(2)
})

test('what is over is forgotten in the end', async () => {
  const taker = new Taker()
  const one = runner(taker)
  await inbox().receive([told('a', T + 60 * S)], 100)
  await one.step()
  nowMs = T + 120 * S
  await one.step()
  nowMs = T + 9 * 3600 * S
  await one.step()
  expect(await inbox().held()).toEqual([])
  expect(await db.selectFrom('notification_log').selectAll().execute()).toEqual([])
})
