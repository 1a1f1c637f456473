import type { PostgresPool, PostgresPoolClient } from 'kysely'
import type pg from 'pg'
import { TidemarkError } from '../../schemas/errors.js'
import { Crash, type Gate } from './gate.js'

/** A lost answer to a COMMIT is the hardest to cope with: it comes this many times more often than others. */
const COMMIT_RISK = 8

/** Reads 64-bit integers as numbers, as the catalog wants them. */
export function integersAsNumbers(types: typeof pg.types): typeof pg.types.getTypeParser {
  const parser = (oid: number, format?: 'text') =>
    oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format)
  return parser as typeof types.getTypeParser
}

/**
 * One process's connections to the catalog. Every statement passes the gate, BEGIN and COMMIT too. When a statement
 * fails or the process dies, the server does what it does for a connection that is lost: it rolls back.
 */
export class GatedPool implements PostgresPool {
  readonly #pool: pg.Pool
  readonly #gate: Gate
  readonly #held = new Set<HeldClient>()
  #cleaning: Promise<void> = Promise.resolve()

  constructor(pool: pg.Pool, gate: Gate) {
    this.#pool = pool
    this.#gate = gate
  }

  async connect(): Promise<PostgresPoolClient> {
    const held = new HeldClient(await this.#pool.connect())
    this.#held.add(held)
    const query = async (text: string, parameters: readonly unknown[]) => {
      if (held.isLost) throw new TidemarkError('TM_CATALOG_UNAVAILABLE', { reason: 'the connection was lost' })
      try {
        return await this.#gate.pass(
          'catalog',
          () => held.client.query(text, parameters as unknown[]),
          text === 'commit' ? COMMIT_RISK : 1,
        )
      } catch (thrown) {
        if (thrown instanceof TidemarkError || thrown instanceof Crash) held.isLost = true
        throw thrown
      }
    }
    return { query: query as unknown as PostgresPoolClient['query'], release: () => this.#giveBack(held) }
  }

  async end(): Promise<void> {}

  /** What the server does when the process is gone. Resolves once no connection is in a transaction. */
  async abandon(): Promise<void> {
    for (const held of this.#held) {
      held.isLost = true
      this.#giveBack(held)
    }
    await this.settled()
  }

  /** Resolves once every lost connection has been rolled back. */
  async settled(): Promise<void> {
    await this.#cleaning
  }

  #giveBack(held: HeldClient): void {
    if (!this.#held.delete(held)) return
    if (!held.isLost) {
      held.client.release()
      return
    }
    const clean = () => held.client.query('ROLLBACK').then(() => held.client.release())
    this.#cleaning = this.#cleaning.then(clean)
  }
}

class HeldClient {
  isLost = false
  readonly client: pg.PoolClient

  constructor(client: pg.PoolClient) {
    this.client = client
  }
}
