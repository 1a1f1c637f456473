import { defineConfig } from 'vitest/config'

/** Tests against a real Temporal server: they need the `temporal` program, so `npm test` leaves them out. */
export default defineConfig({
  test: {
    include: ['test/temporal/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    fileParallelism: false,
  },
})
