import { rm } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { scratchFolder } from '../../test/contract/scratch-folder.js'
import { batch, cpu, everything, memory, plain, readAll, T0 } from '../../test/contract/window-fixtures.js'
import { EmbeddedHotStore } from './hot-store.js'

let folder: string
let store: EmbeddedHotStore

beforeEach(async () => {
  folder = await scratchFolder()
  store = new EmbeddedHotStore(folder)
})
afterEach(async () => {
  await store.close()
  await rm(folder, { recursive: true })
})

test('trims windows that start before a time, and keeps the others', async () => {
  const batches = Array.from({ length: 700 }, (_, i) =>
    batch(T0 + i * 10, i % 2, [{ series: cpu({ i: `${i}` }), values: [i] }]),
  )
  await store.write(batches)
  await store.trim(T0 + 6000)
  expect(await readAll(store, everything())).toEqual(plain(...batches.slice(600).map((one) => one.windows)))
})

test('names only series that had windows in the range', async () => {
  await store.write([
    batch(T0, 0, [{ series: cpu(), values: [1] }]),
    batch(T0 + 60_000, 0, [{ series: memory(), values: [1] }]),
  ])
  const selection = { startMs: T0 + 10_000, endMs: T0 + 70_000, matchers: [] }
  expect((await store.series(selection)).map(String)).toEqual(['memory{}'])
})

test('lets others run while it reads a long range', async () => {
  const readings = Array.from({ length: 2000 }, (_, i) => ({ series: cpu({ host: `${i}` }), values: [i, i + 1] }))
  await store.write(Array.from({ length: 40 }, (_, i) => batch(T0 + i * 10_000, 0, readings)))
  let turns = 0
  const ticking = setInterval(() => turns++, 1)
  await readAll(store, everything())
  clearInterval(ticking)
  expect(turns).toBeGreaterThan(1)
})
