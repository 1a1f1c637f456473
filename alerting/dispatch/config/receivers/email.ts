import { type ChannelText, OWN_WORDS } from './channel-text.js'
import type { Section } from './section.js'
import { checkTlsConfig } from './tls-config.js'

/** On this port everything is encrypted from the first byte (RFC 8314). */
const SUBMISSIONS_PORT = '465'

/** E-mail by SMTP; what is not said of one is said for all. */
export function emailChannel(one: Section, global: Section): ChannelText {
  const either = (key: string) => one.address(key) ?? global.address(`smtp_${key}`)
  const to = one.address('to')
  if (to === undefined) throw one.fault('to', 'it is missing', 'say who gets the mails')
  const [from, smarthost] = [either('from'), either('smarthost')]
  if (from === undefined) throw one.fault('from', 'it is missing', 'give it here, or as smtp_from')
  const [, host, port] = /^\[?(.+?)\]?:(\d+)$/.exec(smarthost ?? '') ?? []
  if (host === undefined) throw one.fault('smarthost', `"${smarthost ?? ''}" is no host:port`, 'write host:port')
  const isRequired = one.flag('require_tls') ?? global.flag('smtp_require_tls') ?? true
  const encryption = port === SUBMISSIONS_PORT ? 'tls' : isRequired ? 'starttls' : 'if_offered'
  const send_resolved = one.flag('send_resolved') ?? false
  one.ignore('the name of this machine is said', 'hello')
  one.ignore(OWN_WORDS, 'html', 'text', 'headers', 'threading')
  checkTlsConfig(one.has('tls_config') ? one.section('tls_config') : global.section('smtp_tls_config'))
  const login = loginOf(one, global)
  return { kind: 'email', to: addressesOf(to), from, host, port: Number(port), encryption, send_resolved, ...login }
}

function loginOf(one: Section, global: Section) {
  const username = one.address('auth_username') ?? global.address('smtp_auth_username')
  const password = one.secret('auth_password') ?? global.secret('smtp_auth_password')
  const secret = one.secret('auth_secret') ?? global.secret('smtp_auth_secret')
  one.ignore('the user speaks for itself', 'auth_identity')
  if (username === undefined) return {}
  if (password !== undefined) return { username, password }
  if (secret === undefined) return {}
  const fix = 'give a password in its place: auth_password'
  throw one.fault('auth_secret', 'CRAM-MD5 by itself is not spoken', fix)
}

/** `Team <a@example.com>, b@example.com` as addresses alone. */
function addressesOf(list: string): string[] {
  return list.split(',').map((one) => (/<([^<>]+)>\s*$/.exec(one)?.[1] ?? one).trim())
}
