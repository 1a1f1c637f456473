import type { Command } from 'commander'
import { serverToken, serverUrl } from '../schemas/config/load.js'
import { TidemarkError } from '../schemas/errors.js'

/** The server that a command talks to. */
export interface ServerOptions {
  url: string
  /** Left out: TIDEMARK_TOKEN. */
  token?: string
}

/** The options of every command that talks to a running server. */
export function withServer(command: Command): Command {
  return command
    .option('--url <url>', 'the server to ask (or TIDEMARK_URL)', serverUrl() ?? 'http://localhost:8080')
    .option('--token <token>', 'the token to show (or TIDEMARK_TOKEN, which other users of the machine cannot see)')
}

/**
 * Asks the server and gives its JSON answer.
 * @throws TM_SERVER_UNREACHABLE; for an error of the server a TidemarkError with its words
 */
export async function ask<T>(
  server: ServerOptions,
  path: string,
  init: { method?: string; body?: unknown } = {},
): Promise<T> {
  const response = await request(server, path, {
    method: init.method ?? 'GET',
    headers: init.body === undefined ? {} : { 'content-type': 'application/json' },
    body: init.body === undefined ? undefined : JSON.stringify(init.body),
  })
  return (await response.json().catch(() => ({}))) as T
}

/** Asks the server for an answer of this content type and gives its bytes. Throws as {@link ask} does. */
export async function askBytes(server: ServerOptions, path: string, contentType: string): Promise<Uint8Array> {
  const response = await request(server, path, { headers: { accept: contentType } })
  return new Uint8Array(await response.arrayBuffer())
}

/** Posts JSON and gives the answer's JSON lines as they come. Throws as {@link ask} does. */
export async function* askLines<T>(server: ServerOptions, path: string, body: unknown): AsyncGenerator<T> {
  const headers = { 'content-type': 'application/json' }
  const response = await request(server, path, { method: 'POST', headers, body: JSON.stringify(body) })
  let rest = ''
  for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield JSON.parse(line) as T
  }
}

async function request(
  { url, token = serverToken() }: ServerOptions,
  path: string,
  init: RequestInit,
): Promise<Response> {
  if (!URL.canParse(url)) {
    const fix = 'write it as http://host:port, in --url or TIDEMARK_URL'
    throw new TidemarkError('TM_REQUEST', { reason: `"${url}" is not the address of a server`, fix })
  }
  const headers = { ...init.headers, ...(token && { authorization: `Bearer ${token}` }) }
  const response = await fetch(new URL(path, url), { ...init, headers }).catch((cause: Error) => {
    const reason = (cause.cause as Error | undefined)?.message ?? cause.message
    throw new TidemarkError('TM_SERVER_UNREACHABLE', { url, reason }, cause)
  })
  if (response.ok) return response
  const answer = errorOf((await response.json().catch(() => ({}))) as ErrorAnswer | string)
  throw new TidemarkError('TM_REQUEST', {
    reason: `${url} answered ${[response.status, answer.code].filter(Boolean).join(' ')}: ${answer.error ?? response.statusText}`,
    fix: answer.hint ?? '',
  })
}

interface ErrorAnswer {
  error?: string
  hint?: string
  code?: string
}

/** Errors of Alertmanager's API are a text. */
function errorOf(answer: ErrorAnswer | string): ErrorAnswer {
  return typeof answer === 'string' ? { error: answer } : answer
}
