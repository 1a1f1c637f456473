import { isIP } from 'node:net'
import { addressClass } from './address-class.js'

/** True if a host of a config, a URL or a Host header can only mean this machine. Brackets of IPv6 may stand or not. */
export function isLoopbackHost(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  if (isIP(bare) !== 0) return addressClass(bare) === 'loopback'
  return bare === 'localhost' || bare.endsWith('.localhost')
}
