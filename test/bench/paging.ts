import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Bench, type BenchContext, CannotRun, type Figure } from './bench.js'
import { type Passage, quantile, stagesTable } from './paging-stages.js'
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

/** What is told of what stands in the log. */
const FIRES = 'alert fires: Bench'

/** How long windows wait for their points, seconds; 2 s is enough where agents send each second. */
const LATENESSES = [15, 5, 2]

/** From sending the first bad point of a service to the receipt of its page. */
export const paging: Bench = {
  name: 'paging',
  about: `a bad point until its page is received, ${SERVICES} services one after the other, against a whole server`,
  onlyByName: true,
  runs: 1,
  async run(context) {
    const figures: Figure[] = []
    for (const lateness of LATENESSES) {
      const name = lateness === LATENESSES[0] ? 'paging' : `paging, lateness ${lateness} s`
      const p50: number[] = []
      const p99: number[] = []
      for (let run = 1; run <= context.runs; run++) {
        context.progress(`${name}, run ${run}`)
        const folder = join(context.folder, `${figures.length}-${run}`)
        const passages = await pagedAfter({ ...context, folder }, lateness)
        const seconds = passages.map(({ sentMs, receivedMs }) => (receivedMs - sentMs) / 1000).sort((a, b) => a - b)
        p50.push(quantile(seconds, 0.5))
        p99.push(quantile(seconds, 0.99))
        context.print(stagesTable(name, passages, lateness * 1000))
      }
      figures.push({ key: `${name} p50`, unit: 's', values: p50 }, { key: `${name} p99`, unit: 's', values: p99 })
    }
    return figures
  },
}

/** @returns how each service's page came to be */
async function pagedAfter(context: BenchContext, lateness: number): Promise<Passage[]> {
  const receiver = await startReceiver()
  const firesAt = new Map<string, number>()
  const settings = {
    speed: { lateness: `${lateness}s` },
    outbound: { allow: ['127.0.0.1'] },
    alerting: {
      // Its pace is not what is measured.
      channels: { 'webhook:team': { kind: 'webhook', url: receiver.url, per_minute: 60_000, burst: 1000 } },
    },
  }
  try {
    const server = await startServer(context, settings, (line) => readFiring(line, firesAt))
    try {
      await applyRule(server.url)
      const sentAt = await sendAll(server.url, context)
      return await passagesOf(sentAt, firesAt, receiver.pages)
    } finally {
      await server.stop()
    }
  } finally {
    receiver.close()
  }
}

/** Takes down when a service's alert is known to fire, if a line of the log says that it does. */
function readFiring(line: string, firesAt: Map<string, number>): void {
  if (!line.includes(FIRES)) return
  const { time, labels } = JSON.parse(line) as { time: number; labels: { service: string } }
  if (!firesAt.has(labels.service)) firesAt.set(labels.service, time)
}

/** A page, and when it was received. */
type Page = Pick<Passage, 'judgedAtMs' | 'openedMs' | 'receivedMs'>

/** A webhook's other end. */
interface Receiver {
  url: string
  /** By service; more than one is a page too many. */
  pages: ReadonlyMap<string, readonly Page[]>
  close(): void
}

async function startReceiver(): Promise<Receiver> {
  const pages = new Map<string, Page[]>()
  const server = createServer(async (request, response) => {
    const receivedMs = Date.now()
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    response.end()
    const { action, incident } = JSON.parse(Buffer.concat(chunks).toString()) as {
      action: string
      incident: { groupLabels: Record<string, string>; startedAt: string; alerts: { startsAt: string }[] }
    }
    if (action !== 'trigger') return
    const { groupLabels, startedAt, alerts } = incident
    const judgedAtMs = Math.min(...alerts.map(({ startsAt }) => Date.parse(startsAt)))
    const known = pages.get(groupLabels.service) ?? []
    pages.set(groupLabels.service, [...known, { judgedAtMs, openedMs: Date.parse(startedAt), receivedMs }])
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, pages, close }
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
    if (badUpTo >= 0) sentAt.set(serviceName(badUpTo), Date.now())
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
async function passagesOf(
  sentAt: ReadonlyMap<string, number>,
  firesAt: ReadonlyMap<string, number>,
  pages: Receiver['pages'],
): Promise<Passage[]> {
  for (const end = performance.now() + PATIENCE_MS; pages.size < sentAt.size && performance.now() < end; )
    await pause(100)
  return [...sentAt].map(([service, sentMs]) => {
    const received = pages.get(service) ?? []
    const firesMs = firesAt.get(service)
    if (received.length !== 1) throw new Error(`service ${service} was paged ${received.length} times`)
    if (firesMs === undefined) throw new Error(`that ${service} fires is not in the log`)
    return { sentMs, firesMs, ...received[0] }
  })
}
