import type { Section } from './section.js'

/** Connections are encrypted as Node.js does it: what would not go through without a setting of its own is a fault. */
export function checkTlsConfig(tls: Section): void {
  const fix = 'take it out, or go through a server of your own'
  tls.refuse('servers are trusted as NODE_EXTRA_CA_CERTS says', fix, 'ca', 'ca_file')
  tls.refuse('certificates of clients cannot be shown', fix, 'cert', 'cert_file', 'key', 'key_file', 'server_name')
  if (tls.flag('insecure_skip_verify')) throw tls.fault('insecure_skip_verify', 'certificates are always checked', fix)
  tls.ignore('what Node.js offers counts', 'min_version', 'max_version')
  tls.end()
}
