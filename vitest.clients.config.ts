import { defineConfig } from 'vitest/config'

/** Real programs against the built server: they come with infra/install-test-programs.sh, so `npm test` leaves them out. */
export default defineConfig({
  test: {
    include: ['test/clients/programs/**/*.test.ts'],
    testTimeout: 240_000,
    hookTimeout: 120_000,
    pool: 'forks',
    fileParallelism: false,
  },
})
