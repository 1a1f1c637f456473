import { type Bench, CannotRun, type Figure } from './bench.js'
import { pause, startServer } from './server.js'

/** A point is sent this often, to one series after the other. */
const SEND_EVERY_MS = 100
const POLL_EVERY_MS = 25
const SERIES = 20
const PROBES = 250
/** The first probes meet cold code and are not counted. */
const COLD_PROBES = 50
/** A point that is not seen by then counts as lost. */
const PATIENCE_MS = 30_000
const METRIC = 'bench_visible'

/** A point on its way: its value says which one it is. */
interface Probe {
  series: string
  value: number
  sentAt: number
}

/** From sending a point to the first answer that has it. */
export const visible: Bench = {
  name: 'visible',
  about: 'a point sent over HTTP until a query shows it, against a whole server',
  async run(context) {
    const server = await startServer(context)
    try {
      context.progress(`sending ${PROBES} points`)
      return await measureVisible('visible', server.url, server.url)
    } finally {
      await server.stop()
    }
  },
}

/** Median and 99th percentile of how long a point takes from its sending to an answer, as figures `NAME p50`, `NAME p99`. */
export async function measureVisible(name: string, gatewayUrl: string, servingUrl: string): Promise<Figure[]> {
  const seconds = (await seenAfter(gatewayUrl, servingUrl)).sort((a, b) => a - b)
  const quantile = (q: number) => seconds[Math.ceil(q * seconds.length) - 1]
  return [
    { key: `${name} p50`, unit: 's', values: [quantile(0.5)] },
    { key: `${name} p99`, unit: 's', values: [quantile(0.99)] },
  ]
}

/** Sends points and watches for them at once. @returns for each one when it was first seen, seconds */
async function seenAfter(gatewayUrl: string, servingUrl: string): Promise<number[]> {
  const pending: Probe[] = []
  const seconds: number[] = []
  const watching = watch(servingUrl, pending, (probe, afterMs) => {
    if (probe.value >= COLD_PROBES) seconds.push(afterMs / 1000)
  })
  const sending = (async () => {
    for (let value = 0; value < PROBES; value++) {
      const probe = { series: `s${value % SERIES}`, value, sentAt: performance.now() }
      pending.push(probe)
      await send(gatewayUrl, probe)
      await pause(SEND_EVERY_MS)
    }
  })()
  await Promise.all([sending, watching])
  return seconds
}

async function send(url: string, { series, value }: Probe): Promise<void> {
  const body = `${METRIC},series=${series} value=${value} ${Date.now()}`
  const response = await fetch(`${url}/write?precision=ms`, { method: 'POST', body })
  if (response.status !== 204) throw new CannotRun(`/write answered ${response.status}: ${await response.text()}`)
}

/** Asks again and again until every probe was seen. */
async function watch(url: string, pending: Probe[], onSeen: (probe: Probe, afterMs: number) => void): Promise<void> {
  for (let seen = 0; seen < PROBES; ) {
    await pause(POLL_EVERY_MS)
    const values = await query(url)
    const now = performance.now()
    for (let i = pending.length - 1; i >= 0; i--) {
      const probe = pending[i]
      if ((values.get(probe.series) ?? -1) >= probe.value) {
        pending.splice(i, 1)
        seen++
        onSeen(probe, now - probe.sentAt)
      } else if (now - probe.sentAt > PATIENCE_MS) {
        throw new Error(`a point sent ${PATIENCE_MS / 1000} s ago is in no answer`)
      }
    }
  }
}

/** The newest value of each series. */
async function query(url: string): Promise<Map<string, number>> {
  const response = await fetch(`${url}/api/v1/query?query=${METRIC}`)
  if (!response.ok) throw new CannotRun(`/api/v1/query answered ${response.status}: ${await response.text()}`)
  const answer = (await response.json()) as {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] }
  }
  return new Map(answer.data.result.map(({ metric, value }) => [metric.series, Number(value[1])]))
}
