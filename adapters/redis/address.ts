import { TidemarkError } from '../../schemas/errors.js'

/** A host and its port. */
interface HostPort {
  host: string
  port: number
}

/** What `redis.url` says. */
export interface RedisAddress {
  kind: 'single' | 'sentinel' | 'cluster'
  /** The server, the sentinels that know it, or the nodes of the cluster to begin with. */
  hosts: HostPort[]
  tls: boolean
  username?: string
  password?: string
  /** Name of the master that sentinels are asked for. */
  master?: string
  /** Number of the database; a cluster has 0 alone. */
  db: number
}

const URL_FORM = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@]*)@)?([^@/?#]+)(?:\/([^?#]*))?$/
const HOST_FORM = /^(?:\[([0-9a-fA-F:.]+)\]|([^[\]:]+))(?::(\d{1,5}))?$/
const PORT = 6379
const SENTINEL_PORT = 26379

/**
 * Reads `redis.url`:
 *
 *   redis://[user:password@]host[:6379][/db]
 *   redis+sentinel://[user:password@]host[:26379],host…/master[/db]
 *   redis+cluster://[user:password@]host[:6379],host…
 *
 * `rediss…` encrypts. User and password are those of the servers, percent-encoded; sentinels are asked without.
 * @throws TM_CONFIG
 */
export function parseRedisUrl(url: string): RedisAddress {
  const [whole, scheme, form, login, hostList, path = ''] = URL_FORM.exec(url) ?? []
  if (whole === undefined) throw wrong('it is not an address of Redis')
  const kind = (form ?? 'single') as RedisAddress['kind']
  const hosts = hostList.split(',').map((text) => hostOf(text, kind === 'sentinel' ? SENTINEL_PORT : PORT))
  if (kind === 'single' && hosts.length > 1) throw wrong('it names several servers')
  const segments = path.split('/').filter((segment) => segment !== '')
  const master = kind === 'sentinel' ? segments.shift() : undefined
  if (kind === 'sentinel' && master === undefined) throw wrong('it names no master')
  const [db = '0', ...rest] = segments
  if (!/^\d+$/.test(db) || rest.length > 0) throw wrong(`"${path}" is not the number of a database`)
  if (kind === 'cluster' && db !== '0') throw wrong('a cluster has no numbered databases')
  const address: RedisAddress = { kind, hosts, tls: scheme === 'rediss', db: Number(db) }
  if (master !== undefined) address.master = decoded(master)
  return { ...address, ...loginOf(login) }
}

function hostOf(text: string, defaultPort: number): HostPort {
  const [whole, ipv6, name, port] = HOST_FORM.exec(text) ?? []
  const number = port === undefined ? defaultPort : Number(port)
  if (whole === undefined || number < 1 || number > 65_535) throw wrong(`"${text}" is not host:port`)
  return { host: ipv6 ?? name, port: number }
}

function loginOf(login: string | undefined): Pick<RedisAddress, 'username' | 'password'> {
  if (!login) return {}
  const colon = login.indexOf(':')
  if (colon === -1) throw wrong('it has a user without a password')
  const username = decoded(login.slice(0, colon))
  const password = decoded(login.slice(colon + 1))
  return username === '' ? { password } : { username, password }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw wrong('a % in it is not followed by two hexadecimal digits')
  }
}

/** The url itself stays out of the message: it may hold a password. */
function wrong(reason: string): TidemarkError {
  const fix =
    'write redis://host:6379, rediss://user:password@host, redis+sentinel://host,host/master or redis+cluster://host,host'
  return new TidemarkError('TM_CONFIG', { key: 'redis.url', reason, fix })
}
