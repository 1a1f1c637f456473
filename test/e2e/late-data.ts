import { setTimeout as sleep } from 'node:timers/promises'
import { sendUntilAcknowledged } from './client.js'
import type { SentPoint } from './expected-windows.js'
import type { TestServer } from './server.js'

const TWO_HOURS_MS = 7_200_000

interface Explained {
  data: { plan: { parts: { blocks?: { start: string; generation: number }[] }[] }[] }
}

/**
 * A point for two hours ago: it shows in the answer once its block has been recomputed, the block is then at
 * generation 2, and the epoch before still answers without it.
 * @returns what was wrong, one line each
 */
export async function checkLateData(server: TestServer, withinMs: number): Promise<string[]> {
  const before = await server.json<{ epoch: number }>('/api/v1/query?query=late_arrival')
  const timeMs = Math.floor(Date.now() / 1000) * 1000 - TWO_HOURS_MS
  const point: SentPoint = { metric: 'late_arrival', labels: { host: 'a' }, timeMs, value: 42, isEvent: false }
  await sendUntilAcknowledged(() => server.url, 'influx', [point], 10_000)
  const startedAt = performance.now()
  const query = `query=late_arrival&time=${timeMs / 1000 + 1}`
  const seen = async (extra = '') => {
    const { data } = await server.json<{ data: { result: { value: [number, string] }[] } }>(
      `/api/v1/query?${query}${extra}`,
    )
    return data.result[0]?.value[1]
  }
  while ((await seen()) !== '42') {
    if (performance.now() - startedAt > withinMs)
      return [`a point for two hours ago did not show within ${withinMs} ms`]
    await sleep(250)
  }
  process.stdout.write(
    `a point for two hours ago showed after ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`,
  )
  const failures: string[] = []
  const explained = await server.json<Explained>(`/api/v1/explain?${query}`)
  const generations = explained.data.plan
    .flatMap(({ parts }) => parts)
    .flatMap(({ blocks }) => blocks ?? [])
    .map(({ generation }) => generation)
  if (!generations.includes(2))
    failures.push(
      `the late point's block should be at generation 2, explain says ${JSON.stringify(explained.data.plan)}`,
    )
  const old = await seen(`&epoch=${before.epoch}`)
  if (old !== undefined)
    failures.push(`epoch ${before.epoch} should still answer without the late point, but says ${old}`)
  const status = await server.status()
  if (status.blocks.unexplainedDivergence !== 0) failures.push('late data left unexplained divergence')
  return failures
}
