import { defineConfig } from 'vitest/config'

/** Tests against real servers: infra/stack installs and starts those, so `npm test` leaves them out. */
export default defineConfig({
  test: {
    include: ['test/stack/**/*.test.ts'],
    globalSetup: ['test/stack/servers.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: 'forks',
    fileParallelism: false,
  },
})
