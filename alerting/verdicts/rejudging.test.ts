import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CatalogDb, CatalogTables } from '../../batch/catalog/tables.js'
import { readRule } from '../rule-book/rule.js'
import { RuleStore } from '../rule-book/rule-store.js'
import type { RuleDb } from '../rule-book/tables.js'
import { type ScratchCatalog, startScratchCatalog } from '../testing/catalog.js'
import { seriesOf } from '../testing/series.js'
import { rejudgeNext } from './rejudging.js'
import { type VerdictDb, VerdictStore } from './verdict-store.js'

const MINUTE = 60_000
const BLOCK = 10 * MINUTE
const limits = { querySamples: 1_000_000, queryDepth: 100, queryResultSamples: 1_000_000 }
let scratch: ScratchCatalog<CatalogTables>
let catalog: CatalogDb

beforeAll(async () => {
  scratch = await startScratchCatalog<CatalogTables>([])
  catalog = scratch.db
})
afterAll(() => scratch.stop())

/** A block was published, and the tide line stands at `frontierMs` since. */
function publish(epoch: number, blockStart: number | null, frontierMs: number) {
  const row = { epoch, block_start: blockStart, generation: 1, frontier_ms: frontierMs, published_ms: 0 }
  return catalog.insertInto('publications').values(row).execute()
}

test('a block that is computed again has every rule judged again, once, and its verdicts are kept', async () => {
  const rules = new RuleStore(catalog as unknown as RuleDb)
  const verdicts = new VerdictStore(catalog as unknown as VerdictDb, BLOCK)
  const [errors, off] = [
    readRule({ name: 'Errors', when: 'errors > 10 FOR 2m', interval: '1m' }),
    readRule({ name: 'Off', when: 'errors > 5', interval: '1m', enabled: false }),
  ]
  await rules.apply([errors, off], () => 'errors > 10', 0)
  const opened: number[] = []
  const openAt = async (epoch: number) => {
    opened.push(epoch)
    return seriesOf([epoch < 4 ? 'errors{host="a"} 0x60' : 'errors{host="a"} 0x10 20x5 0x43'], MINUTE)
  }
  const failures: string[] = []
  const onError = ({ message }: Error) => failures.push(message)
  const parts = { openAt, limits, rules, verdicts, delayMs: 0, intervalMs: MINUTE, onError }
  const next = () => rejudgeNext(parts, 60 * MINUTE)

  await publish(1, null, BLOCK)
  expect(await next()).toBeUndefined()
  await publish(2, BLOCK, 2 * BLOCK)
  await publish(3, 2 * BLOCK, 3 * BLOCK)
  expect(await next()).toBeUndefined()
  expect(opened).toEqual([])
  await publish(4, BLOCK, 3 * BLOCK)
  const both = await Promise.all([next(), next()])
  expect(both.filter((found) => found !== undefined)).toHaveLength(1)
  expect(new Set(opened)).toEqual(new Set([3, 4]))
  expect(await next()).toBeUndefined()
  expect(failures).toEqual([])
  expect(await verdicts.of('errors')).toMatchObject([
    {
      ruleId: 'errors',
      epoch: 4,
      verdict: 'would have fired',
      labels: { alertname: 'Errors', host: 'a' },
      after: { startMs: 13 * MINUTE, endMs: 17 * MINUTE, worst: 20 },
      foundMs: 60 * MINUTE,
    },
  ])
  expect(await verdicts.of('off')).toEqual([])
  await rules.delete('errors')
  expect(await verdicts.of('errors')).toEqual([])
})
