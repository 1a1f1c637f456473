import { BlockList, isIP } from 'node:net'

/**
 * What reaching an address means. `metadata`: where clouds hand out a machine's credentials to whoever asks from it.
 * `private`: whatever else is not on the public internet, multicast and reserved ranges included.
 */
export type AddressClass = 'metadata' | 'linkLocal' | 'loopback' | 'private' | 'public'

/** Ranges of the IANA special-purpose registries, narrower classes first. Of a class that is left out it is `public`. */
const RANGES: Readonly<Record<Exclude<AddressClass, 'public'>, readonly string[]>> = {
  metadata: [
    '169.254.169.254/32', // AWS, Azure, Google, DigitalOcean, OpenStack and others
    '169.254.170.2/32', // AWS ECS, and EKS next to it
    '169.254.170.23/32',
    '169.254.0.23/32', // Tencent
    '100.100.100.200/32', // Alibaba
    '168.63.129.16/32', // Azure's agent
    '192.0.0.192/32', // Oracle
    'fd00:ec2::254/128', // AWS
    'fd00:ec2::23/128',
    'fd20:ce::254/128', // Google
  ],
  linkLocal: ['169.254.0.0/16', 'fe80::/10'],
  loopback: ['127.0.0.0/8', '::1/128'],
  private: [
    '0.0.0.0/8', // as a target it is this machine, as an address to listen on all the world
    '::/128',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '172.16.0.0/12',
    '192.0.0.0/24',
    '192.0.2.0/24',
    '192.168.0.0/16',
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '224.0.0.0/4',
    '240.0.0.0/4',
    '64:ff9b:1::/48',
    '100::/64',
    '2001::/32', // Teredo hides an IPv4 address that cannot be told apart by its first bits
    '2001:db8::/32',
    'fc00::/7',
    'fec0::/10',
    'ff00::/8',
  ],
}

const LISTS = Object.entries(RANGES).map(([name, ranges]) => {
  const list = new BlockList()
  for (const range of ranges) addRange(list, range)
  return [name as AddressClass, list] as const
})

/** The class of an IP address, also where it wraps an IPv4 address (mapped, NAT64, 6to4). @param address without brackets */
export function addressClass(address: string): AddressClass {
  return LISTS.find(([, list]) => isWithin(list, address))?.[0] ?? 'public'
}

/** Networks that `outbound.allow` names. @throws Error for a text that is neither an address nor a network */
export function networkList(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) addRange(list, range)
  return list
}

/** True if one of the list's networks holds the address. */
export function isWithin(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

function addRange(list: BlockList, range: string): void {
  const [network, length] = range.split('/')
  const version = isIP(network)
  if (version === 0) throw new Error(`"${range}" is neither an IP address nor a network such as 10.0.0.0/8`)
  const widest = version === 4 ? 32 : 128
  const bits = length === undefined ? widest : Number(length)
  if (!/^\d{1,3}$/.test(length ?? '0') || bits > widest) {
    throw new Error(`"${range}" has no prefix length from 0 to ${widest}`)
  }
  list.addSubnet(network, bits, version === 4 ? 'ipv4' : 'ipv6')
  if (version === 6) return
  // IPv6 addresses that routers turn into this IPv4 network: NAT64 (RFC 6052) and 6to4 (RFC 3056). Mapped ones the
  // list knows by itself.
  const [a, b, c, d] = network.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'))
  list.addSubnet(`64:ff9b::${a}${b}:${c}${d}`, 96 + bits, 'ipv6')
  list.addSubnet(`2002:${a}${b}:${c}${d}::`, 16 + bits, 'ipv6')
}
