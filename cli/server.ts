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
  if (!URL.canParse(url)) {
    const fix = 'write it as http://host:port, in --url or TIDEMARK_URL'
    throw new TidemarkError('TM_REQUEST', { reason: `"${url}" is not the address of a server`, fix })
  }
  const address = new URL(path, url)
  const response = await fetch(address, {
    method: init.method ?? 'GET',
    headers: init.body === undefined ? {} : { 'content-type': 'application/json' },
    body: init.body === undefined ? undefined : JSON.stringify(init.body),
  }).catch((cause: Error) => {
    const reason = (cause.cause as Error | undefined)?.message ?? cause.message
    throw new TidemarkError('TM_SERVER_UNREACHABLE', { url, reason }, cause)
  })
  const answer = (await response.json().catch(() => ({}))) as { error?: string; hint?: string; code?: string }
  if (!response.ok) {
    throw new TidemarkError('TM_REQUEST', {
      reason: `${url} answered ${[response.status, answer.code].filter(Boolean).join(' ')}: ${answer.error ?? response.statusText}`,
      fix: answer.hint ?? '',
    })
  }
  return answer as T
}
