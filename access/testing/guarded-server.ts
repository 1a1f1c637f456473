import { randomBytes } from 'node:crypto'
import fastify, { type FastifyInstance } from 'fastify'
import type { AuthConfig } from '../../schemas/config/auth.js'
import { loadConfig } from '../../schemas/config/load.js'
import { asTidemarkError, TidemarkError } from '../../schemas/errors.js'
import type { AuditEntry, AuditedAction } from '../audit-log.js'
import { createToken, type WantedToken } from '../create-token.js'
import { Doorkeeper } from '../doorkeeper.js'
import { accessPlugin } from '../http/admin.js'
import { installGuard } from '../http/guard.js'
import { KnownTokens } from '../known-tokens.js'
import { MemoryTokens } from './memory-tokens.js'

/** An audit log in memory that can be taken away. */
class MemoryAudit {
  isAway = false
  readonly entries: AuditEntry[] = []

  async write({ atMs, caller, action, target, details }: AuditedAction, outcome = 'begun'): Promise<number> {
    if (this.isAway) throw new TidemarkError('TM_AUDIT_UNAVAILABLE', { reason: 'connection refused' })
    const { tokenId, name, role, address } = caller
    const id = this.entries.length
    this.entries.push({ id, atMs, tokenId, name, role, address, action, target, outcome, details })
    return id
  }

  async complete(id: number, outcome: string): Promise<void> {
    this.entries[id].outcome = outcome
  }

  async list(): Promise<AuditEntry[]> {
    return [...this.entries].reverse()
  }

  /** Each entry in short. */
  lines(): string[] {
    return this.entries.map(
      ({ name, role, action, target, outcome }) => `${name} (${role}): ${action} ${target}: ${outcome}`,
    )
  }
}

/** A server whose routes do nothing but say that they were reached, behind the guard. */
export class GuardedServer {
  nowMs = Date.UTC(2026, 0, 1)
  readonly tokens = new MemoryTokens()
  readonly audit = new MemoryAudit()
  readonly app: FastifyInstance = fastify()
  readonly known: KnownTokens
  readonly #doorkeeper: Doorkeeper
  /** Headers of the last request as its route saw them. */
  seenHeaders: Readonly<Record<string, unknown>> = {}

  constructor(required: boolean, settings: Partial<AuthConfig> = {}) {
    const clock = () => this.nowMs
    const config = { ...loadConfig({ env: {} }).auth, ...settings }
    this.known = new KnownTokens(this.tokens, clock)
    this.#doorkeeper = new Doorkeeper({ tokens: this.known, required, config, clock })
    const { app, tokens: store, known, audit } = this
    app.setErrorHandler((thrown, _request, reply) => {
      const { status, code, message, details } = asTidemarkError(thrown)
      return reply.code(status).send({ code, error: message, waitMs: details.waitMs })
    })
    installGuard(app, { doorkeeper: this.#doorkeeper, audit, clock })
    app.register(accessPlugin({ store, known, audit, clock, random: randomBytes }))
    app.get('/-/healthy', async () => 'fine')
    app.get('/api/v1/query', async ({ headers }) => {
      this.seenHeaders = headers
      return 'asked'
    })
    app.post<{ Querystring: { points?: string } }>('/write', async ({ caller, query }, reply) => {
      if (caller) this.#doorkeeper.countPoints(caller, Number(query.points ?? 1))
      return reply.code(204).send()
    })
    app.post<{ Body: { from: string } }>('/api/v1/admin/recompute', async ({ body }) => {
      if (body.from === 'never') throw new TidemarkError('TM_RANGE', { from: 'never', to: 'now', reason: 'no time' })
      return 'begun'
    })
    app.post('/api/v1/admin/recompute/:id/:signal', async () => 'told')
  }

  /** A new token's text. */
  async token(wanted: Partial<WantedToken> & Pick<WantedToken, 'role'>): Promise<string> {
    const clock = () => this.nowMs
    const name = wanted.name ?? `${wanted.role}-1`
    return (await createToken({ ...wanted, name }, { store: this.tokens, random: randomBytes, clock })).text
  }

  /** Asks and gives the status, the code of the error if there is one, and the whole answer. */
  async ask(
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    asked: { token?: string; body?: object; headers?: Record<string, string>; from?: string } = {},
  ) {
    const { token, body, headers, from } = asked
    const response = await this.app.inject({
      method,
      url,
      headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers },
      payload: body,
      remoteAddress: from,
    })
    const isJson = response.headers['content-type']?.toString().includes('json')
    return { status: response.statusCode, body: isJson ? response.json() : {}, headers: response.headers }
  }
}
