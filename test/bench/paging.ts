import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Bench, type BenchContext, CannotRun, type Figure } from './bench.js'
import { pause, startServer } from './server.js'

const METRIC = 'bench_error_rate'
const SERVICES = 240
const HOSTS = 10
/** Every service sends each second, a quarter of them at a time. */
const SLOTS = 4
const SEND_EVERY_MS = 1000 / SLOTS
/** Good points that are sent first: they meet cold code, and the rule must have been taken over. */
const WARM_SENDS = 80
/** A page that has not come by then counts as lost. */
const PATIENCE_MS = 120_000
const GOOD = 1
const BAD = 9

/** Settings by the name of the figures. */
const VARIANTS: Readonly<Record<string, object>> = {
  paging: {},
  'paging, lateness 5 s': { speed: { lateness: '5s' } },
}

/** From sending the first bad point of a service to the receipt of its page. */
export const paging: Bench = {
  name: 'paging',
  about: `a bad point until its page is received, ${SERVICES} services one after the other, against a whole server`,
  onlyByName: true,
  runs: 1,
  async run(context) {
    const figures: Figure[] = []
    for (const [name, settings] of Object.entries(VARIANTS)) {
      const p50: number[] = []
      const p99: number[] = []
      for (let run = 1; run <= context.runs; run++) {
        context.progress(`${name}, run ${run}`)
        const folder = join(context.folder, `${figures.length}-${run}`)
        const seconds = await pagedAfter({ ...context, folder }, settings)
        p50.push(quantile(seconds, 0.5))
        p99.push(quantile(seconds, 0.99))
      }
      figures.push({ key: `${name} p50`, unit: 's', values: p50 }, { key: `${name} p99`, unit: 's', values: p99 })
    }
    return figures
  },
}

/** @returns for each service how long its page took, seconds, ascending */
async function pagedAfter(context: BenchContext, settings: object): Promise<number[]> {
  const receiver = await startReceiver()
  try {
    const server = await startServer(context, {
      ...settings,
      outbound: { allow: ['127.0.0.1'] },
      alerting: {
        // Its pace is not what is measured.
        channels: { 'webhook:team': { kind: 'webhook', url: receiver.url, per_minute: 60_000, burst: 1000 } },
      },
    })
    try {
      await applyRule(server.url)
      const sentAt = await sendAll(server.url, context)
      return await waits(sentAt, receiver.pagedAt)
    } finally {
      await server.stop()
    }
  } finally {
    receiver.close()
  }
}

/** A webhook's other end. */
interface Receiver {
  url: string
  /** When each service was paged, by its name; more than one time is a page too many. */
  pagedAt: ReadonlyMap<string, readonly number[]>
  close(): void
}

async function startReceiver(): Promise<Receiver> {
  const pagedAt = new Map<string, number[]>()
  const server = createServer(async (request, response) => {
    const now = performance.now()
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    response.end()
    const { action, incident } = JSON.parse(Buffer.concat(chunks).toString()) as {
      action: string
      incident: { groupLabels: Record<string, string> }
    }
    const { service } = incident.groupLabels
    if (action === 'trigger') pagedAt.set(service, [...(pagedAt.get(service) ?? []), now])
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, pagedAt, close }
}

async function applyRule(url: string): Promise<void> {
  const rule = { name: 'Bench', when: `${METRIC} > 5`, severity: 'P2', notification_channels: ['webhook:team'] }
  const response = await fetch(`${url}/api/v1/alert-rules/apply`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ rules: [rule] }),
  })
  if (!response.ok) throw new CannotRun(`the rule was answered ${response.status}: ${await response.text()}`)
  await response.body?.cancel()
}

/** Each send turns one more service bad, which stays so. @returns when the first bad point of each was sent */
async function sendAll(url: string, { progress }: BenchContext): Promise<Map<string, number>> {
  const sentAt = new Map<string, number>()
  const startedAt = performance.now()
  progress(`sending ${SERVICES * HOSTS} points a second`)
  for (let send = 0; send < WARM_SENDS + SERVICES; send++) {
    await pause(Math.max(0, startedAt + send * SEND_EVERY_MS - performance.now()))
    const badUpTo = send - WARM_SENDS
    if (badUpTo >= 0) sentAt.set(serviceName(badUpTo), performance.now())
    await sendSlot(url, send % SLOTS, badUpTo)
  }
  return sentAt
}

/** @param badUpTo services up to this one are bad */
async function sendSlot(url: string, slot: number, badUpTo: number): Promise<void> {
  const lines: string[] = []
  const now = Date.now()
  for (let service = slot; service < SERVICES; service += SLOTS) {
    const value = service <= badUpTo ? BAD : GOOD
    for (let host = 0; host < HOSTS; host++)
      lines.push(`${METRIC},service=${serviceName(service)},host=h${host} value=${value} ${now}`)
  }
  const response = await fetch(`${url}/write?precision=ms`, { method: 'POST', body: lines.join('\n') })
  if (response.status !== 204) throw new CannotRun(`/write answered ${response.status}: ${await response.text()}`)
}

function serviceName(service: number): string {
  return `s${service}`
}

/** @throws if a service was paged twice, or not at all */
async function waits(sentAt: ReadonlyMap<string, number>, pagedAt: Receiver['pagedAt']): Promise<number[]> {
  for (const end = performance.now() + PATIENCE_MS; pagedAt.size < sentAt.size && performance.now() < end; )
    await pause(100)
  const seconds = [...sentAt].map(([service, at]) => {
    const times = pagedAt.get(service) ?? []
    if (times.length !== 1) throw new Error(`service ${service} was paged ${times.length} times`)
    return (times[0] - at) / 1000
  })
  return seconds.sort((a, b) => a - b)
}

function quantile(ascending: readonly number[], q: number): number {
  return ascending[Math.ceil(q * ascending.length) - 1]
}
