import type { Command } from 'commander'
import { serverUrl } from '../schemas/config/load.js'
import { TidemarkError } from '../schemas/errors.js'

/** The option of every command that talks to a running server. */
export function withUrl(command: Command): Command {
  return command.option('--url <url>', 'the server to ask (or TIDEMARK_URL)', serverUrl() ?? 'http://localhost:8080')
}

/**
 * Asks the server and gives its JSON answer.
 * @throws TM_SERVER_UNREACHABLE; for an error of the server a TidemarkError with its words
 */
export async function ask<T>(url: string, path: string, init: { method?: string; body?: unknown } = {}): Promise<T> {
  const response = await request(url, path, {
    method: init.method ?? 'GET',
    headers: init.body === undefined ? {} : { 'content-type': 'application/json' },
    body: init.body === undefined ? undefined : JSON.stringify(init.body),
  })
  return (await response.json().catch(() => ({}))) as T
}

/** Asks the server for an answer of this content type and gives its bytes. Throws as {@link ask} does. */
export async function askBytes(url: string, path: string, contentType: string): Promise<Uint8Array> {
  const response = await request(url, path, { headers: { accept: contentType } })
  return new Uint8Array(await response.arrayBuffer())
}

async function request(url: string, path: string, init: RequestInit): Promise<Response> {
  if (!URL.canParse(url)) {
    const fix = 'write it as http://host:port, in --url or TIDEMARK_URL'
    throw new TidemarkError('TM_REQUEST', { reason: `"${url}" is not the address of a server`, fix })
  }
  const response = await fetch(new URL(path, url), init).catch((cause: Error) => {
    const reason = (cause.cause as Error | undefined)?.message ?? cause.message
    throw new TidemarkError('TM_SERVER_UNREACHABLE', { url, reason }, cause)
  })
  if (response.ok) return response
  const answer = (await response.json().catch(() => ({}))) as { error?: string; hint?: string; code?: string }
  throw new TidemarkError('TM_REQUEST', {
    reason: `${url} answered ${[response.status, answer.code].filter(Boolean).join(' ')}: ${answer.error ?? response.statusText}`,
    fix: answer.hint ?? '',
  })
}
