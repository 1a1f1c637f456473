import { defineConfig } from 'vitest/config'

/** Real servers (infra/stack): `npm test` leaves them out. */
export default defineConfig({
  test: { include: ['test/stack/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000, pool: 'forks', fileParallelism: false },
})
