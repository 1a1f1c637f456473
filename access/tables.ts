import type { ColumnType, Generated, Kysely } from 'kysely'
import type { Role } from './roles.js'

/** Rows of the access tables (batch/catalog/migrations/003-access.sql). 64-bit integers are numbers. */
export interface AccessTables {
  auth_tokens: {
    id: string
    name: string
    role: Role
    secret_sha256: Uint8Array
    requests_per_second: number | null
    points_per_second: number | null
    created_ms: number
    expires_ms: number | null
    last_used_ms: number | null
    revoked_ms: number | null
  }
  audit_log: {
    id: Generated<number>
    at_ms: number
    token_id: string | null
    name: string
    role: string
    address: string
    action: string
    target: string
    outcome: string
    details: ColumnType<unknown, string, string>
  }
}

/** The catalog's database, as far as access goes; the pool must give int8 as numbers. */
export type AccessDb = Kysely<AccessTables>
