import type { IncomingHttpHeaders } from 'node:http'

const SCHEME = /^(bearer|token|basic) +(\S+)$/i

/**
 * The token text that a request shows: `Authorization: Bearer`, `Token` (InfluxDB 2), or `Basic` with the token as the
 * password and any user name (Grafana, Telegraf, remote-write).
 */
export function credentialsOf({ authorization }: IncomingHttpHeaders): string | undefined {
  const match = SCHEME.exec(authorization?.trim() ?? '')
  if (!match) return undefined
  const [, scheme, value] = match
  if (scheme.toLowerCase() !== 'basic') return value
  const pair = Buffer.from(value, 'base64').toString()
  return pair.slice(pair.indexOf(':') + 1)
}

/** The password of an InfluxDB 1 client that can send it in no other way: `?u=user&p=password`. */
export function influxPassword(query: unknown): string | undefined {
  const password = (query as { p?: unknown } | undefined)?.p
  return typeof password === 'string' ? password : undefined
}
