import type { Config } from '../../schemas/config/schema.js'
import type { Finding } from '../../schemas/ports/finding.js'
import { RedisConnection } from './connection.js'

/** How long one question may take, ms. */
const CALL_MS = 5000
/** The oldest major version that is tested. */
const OLDEST = 7
const FIX = 'check redis.url, its password and certificates, and that the server runs'

/** Looks at the Redis of `redis.url`: reached, version, and what it does when its memory is full. */
export async function checkRedis({ redis }: Config): Promise<Finding[]> {
  const what = 'Redis'
  const connection = await RedisConnection.open(redis, CALL_MS)
  try {
    const server = fieldsOf(await connection.ask((client) => client.info('server')))
    const memory = fieldsOf(await connection.ask((client) => client.info('memory')))
    return [versionFinding(what, server.get('redis_version') ?? '?'), memoryFinding(memory)]
  } catch (thrown) {
    return [{ what, ok: false, detail: (thrown as Error).message, fix: FIX }]
  } finally {
    connection.close()
  }
}

function versionFinding(what: string, version: string): Finding {
  if (Number.parseInt(version, 10) >= OLDEST) return { what, ok: true, detail: `version ${version}` }
  return { what, ok: false, detail: `version ${version}`, fix: `run Redis ${OLDEST} or newer` }
}

/** A live view that is evicted falls back to the hot store: no answer is wrong by it, but each one is slower. */
function memoryFinding(memory: ReadonlyMap<string, string>): Finding {
  const limit = memory.get('maxmemory_human') ?? '0B'
  const policy = memory.get('maxmemory_policy') ?? '?'
  const detail = limit === '0B' ? 'no limit' : `${memory.get('used_memory_human')} of ${limit} used, then ${policy}`
  return { what: 'Redis memory', ok: true, detail }
}

/** `name:value` lines of an INFO reply. */
function fieldsOf(info: string): Map<string, string> {
  return new Map(info.split(/\r?\n/).map((line) => line.split(':', 2) as [string, string]))
}
