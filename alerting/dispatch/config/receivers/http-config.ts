import type { Section } from './section.js'
import { checkTlsConfig } from './tls-config.js'

/** Keys of `http_config` that are understood. */
interface HttpSettings {
  /** Value of the header Authorization. */
  authorization?: string
  /** Further headers. */
  headers: Record<string, string>
}

/** What `http_config` says, there or for all. */
export function httpOf(one: Section, global: Section): HttpSettings {
  const own = one.section('http_config')
  return readHttpConfig(own.keys().length > 0 ? own : global.section('http_config'))
}

/** What `http_config` says of requests. What would keep them from arriving is a fault. */
function readHttpConfig(http: Section): HttpSettings {
  const authorization = authorizationOf(http)
  const headers = headersOf(http.section('http_headers'))
  checkTlsConfig(http.section('tls_config'))
  const fix = 'take it out, or let a proxy of your own do it and name its address'
  const noProxy = 'requests go straight to their address'
  http.refuse(noProxy, fix, 'proxy_url', 'proxy_from_environment')
  http.ignore(noProxy, 'no_proxy', 'proxy_connect_header')
  http.refuse('tokens cannot be fetched', fix, 'oauth2')
  http.ignore('redirects lead to no other host', 'follow_redirects')
  http.ignore('the version is agreed upon with the server', 'enable_http2')
  http.end()
  return { ...(authorization !== undefined && { authorization }), headers }
}

function authorizationOf(http: Section): string | undefined {
  const given = http.section('authorization')
  const type = given.text('type') ?? 'Bearer'
  const credentials = given.secret('credentials') ?? http.secret('bearer_token')
  given.end()
  const basic = http.section('basic_auth')
  const user = basic.secret('username')
  const password = basic.secret('password') ?? ''
  basic.end()
  if (user !== undefined) return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  return credentials === undefined ? undefined : `${type} ${credentials}`
}

function headersOf(all: Section): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name of all.keys()) {
    const header = all.section(name)
    const values = [...header.list('values'), ...header.list('secrets')]
    header.refuse('values of headers are not read from files', 'write them as values or secrets', 'files')
    header.end()
    headers[name] = values.join(', ')
  }
  return headers
}
