import { createSocket } from 'node:dgram'
import { setTimeout as sleep } from 'node:timers/promises'
import snappy from 'snappy'
import { encodeWriteRequest } from '../../ingest/remote-write/encode.js'
import type { SentPoint } from './expected-windows.js'

/** How a batch of points is sent. */
export type Protocol = 'influx' | 'prometheus' | 'remote-write' | 'otlp'

export const PROTOCOLS: readonly Protocol[] = ['influx', 'prometheus', 'remote-write', 'otlp']

interface HttpRequest {
  path: string
  body: string | Uint8Array
  headers: Record<string, string>
}

const ENCODERS: Record<Protocol, (points: readonly SentPoint[]) => HttpRequest> = {
  influx: (points) => ({ path: '/write?precision=ms', headers: {}, body: points.map(influxLine).join('\n') }),
  prometheus: (points) => ({
    path: '/api/v1/import/prometheus',
    headers: {},
    body: `${points.map(expositionLine).join('\n')}\n`,
  }),
  'remote-write': (points) => ({
    path: '/api/v1/write',
    headers: { 'content-encoding': 'snappy', 'content-type': 'application/x-protobuf' },
    body: snappy.compressSync(
      Buffer.from(
        encodeWriteRequest(
          points.map(({ metric, labels, timeMs, value }) => ({
            labels: [['__name__', metric], ...Object.entries(labels)],
            samples: [{ timeMs, value }],
          })),
        ),
      ),
    ),
  }),
  otlp: (points) => ({
    path: '/v1/metrics',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(otlpRequest(points)),
  }),
}

/** Sends a batch until it is acknowledged, as an agent does: a server that is down or busy is tried again. */
export async function sendUntilAcknowledged(
  url: () => string,
  protocol: Protocol,
  points: readonly SentPoint[],
  withinMs: number,
): Promise<void> {
  const { path, body, headers } = ENCODERS[protocol](points)
  const deadline = performance.now() + withinMs
  let problem = 'it was not tried'
  while (performance.now() < deadline) {
    try {
      const response = await fetch(url() + path, { method: 'POST', body, headers })
      if (response.ok) return
      problem = `${response.status} ${await response.text()}`
      if (response.status < 429) throw new Error(`${protocol} was refused: ${problem}`)
    } catch (error) {
      if ((error as Error).message.includes('was refused')) throw error
      problem = (error as Error).message
    }
    await sleep(100)
  }
  throw new Error(`${protocol} was not acknowledged within ${withinMs} ms: ${problem}`)
}

/** Sends DogStatsD datagrams with timestamps over UDP. */
export async function sendStatsd(port: number, points: readonly SentPoint[]): Promise<void> {
  const socket = createSocket('udp4')
  for (const { metric, labels, timeMs, value } of points) {
    const tags = Object.entries(labels).map(([name, text]) => `${name}:${text}`)
    const line = `${metric}:${value}|c|#${tags.join(',')}|T${Math.floor(timeMs / 1000)}`
    await new Promise<void>((resolve, reject) =>
      socket.send(line, port, '127.0.0.1', (error) => (error ? reject(error) : resolve())),
    )
  }
  socket.close()
}

function influxLine({ metric, labels, timeMs, value }: SentPoint): string {
  const escaped = (text: string) => text.replaceAll(/[,= ]/g, '\\$&')
  const tags = Object.entries(labels).map(([name, text]) => `,${escaped(name)}=${escaped(text)}`)
  return `${escaped(metric)}${tags.join('')} value=${value} ${timeMs}`
}

function expositionLine({ metric, labels, timeMs, value }: SentPoint): string {
  const pairs = Object.entries(labels).map(([name, text]) => `${name}=${JSON.stringify(text)}`)
  return `${metric}{${pairs.join(',')}} ${value} ${timeMs}`
}

function otlpRequest(points: readonly SentPoint[]): unknown {
  const metrics = points.map(({ metric, labels, timeMs, value }) => ({
    name: metric,
    gauge: {
      dataPoints: [
        {
          asDouble: value,
          timeUnixNano: `${timeMs}000000`,
          attributes: Object.entries(labels).map(([key, text]) => ({ key, value: { stringValue: text } })),
        },
      ],
    },
  }))
  return { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] }
}
