import { afterAll, beforeAll, expect, test } from 'vitest'
import { runSeed } from './run-seed.js'
import { openStage, type Stage } from './stage.js'

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
})
afterAll(async () => {
  await stage?.close()
})

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'whatever crashes, comes late or comes twice in seed %i, every window is what was sent',
  async (seed) => {
    const { failure } = await runSeed(stage, seed)
    expect(failure).toBeUndefined()
  },
)
