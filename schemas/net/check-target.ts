import type { LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import { TidemarkError } from '../errors.js'
import { type AddressClass, addressClass, isWithin, networkList } from './address-class.js'

/** What a connection is made for: targets of scrapes stand in the operator's file, those of webhooks others may write. */
type Purpose = 'scrape' | 'webhook'

/** Whether an address may be reached: always, only if `outbound.allow` names it, or never. */
type Rule = 'yes' | 'named' | 'never'

const RULES: Readonly<Record<Purpose, Readonly<Record<AddressClass, Rule>>>> = {
  scrape: { metadata: 'never', linkLocal: 'named', loopback: 'yes', private: 'yes', public: 'yes' },
  webhook: { metadata: 'never', linkLocal: 'named', loopback: 'named', private: 'named', public: 'yes' },
}

const CLASS_WORDS: Readonly<Record<AddressClass, string>> = {
  metadata: 'where a cloud keeps the credentials of its machines',
  linkLocal: 'link-local',
  loopback: 'loopback',
  private: 'not public',
  public: 'public',
}

/** Addresses of a name; node:dns/promises' `lookup` with `all`. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>

/** Tells for each target whether it may be reached. */
export interface TargetRules {
  purpose: Purpose
  /** `outbound.allow`, read. */
  allowed: AllowedTargets
}

/** What `outbound.allow` names. */
interface AllowedTargets {
  hasHost(host: string): boolean
  hasAddress(address: string): boolean
}

/** The rules for a purpose. @param allow `outbound.allow`: addresses, networks and host names @throws TM_CONFIG */
export function targetRules(purpose: Purpose, allow: readonly string[]): TargetRules {
  return { purpose, allowed: allowedTargets(allow) }
}

function allowedTargets(allow: readonly string[]): AllowedTargets {
  const isNetwork = (entry: string) => entry.includes('/') || isIP(entry) !== 0
  const hosts = new Set(allow.filter((entry) => !isNetwork(entry)).map((host) => host.toLowerCase()))
  try {
    const networks = networkList(allow.filter(isNetwork))
    return {
      hasHost: (host) => hosts.has(host.toLowerCase()),
      hasAddress: (address) => isWithin(networks, address),
    }
  } catch (cause) {
    const fix = 'write an address, a network such as 10.0.0.0/8, or a host name'
    throw new TidemarkError('TM_CONFIG', { key: 'outbound.allow', reason: (cause as Error).message, fix }, cause)
  }
}

/**
 * The addresses of a host that may be connected to. All of its addresses must pass: one that does not is no mishap. Only
 * what is returned may be connected to: asked again, the name could mean another address.
 * @param host name or IP address, as a URL or a socket has it
 * @throws TM_TARGET_REFUSED, TM_TARGET_UNKNOWN
 */
export async function checkTarget(host: string, rules: TargetRules, resolve: Resolve): Promise<LookupAddress[]> {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  const version = isIP(bare)
  const addresses = version === 0 ? await resolved(bare, resolve) : [{ address: bare, family: version }]
  for (const { address } of addresses) checkAddress(bare, address, rules)
  return [...addresses]
}

/** Refuses an address that must not be reached. @throws TM_TARGET_REFUSED */
export function checkAddress(host: string, address: string, { purpose, allowed }: TargetRules): void {
  const found = addressClass(address)
  const rule = RULES[purpose][found]
  if (rule === 'yes' || (rule === 'named' && (allowed.hasHost(host) || allowed.hasAddress(address)))) return
  const target = host === address ? address : `${host} (${address})`
  const fix =
    rule === 'never' ? 'no setting allows it: name another target' : 'name it in outbound.allow if it is meant'
  throw new TidemarkError('TM_TARGET_REFUSED', { target, purpose, reason: CLASS_WORDS[found], fix })
}

async function resolved(host: string, resolve: Resolve): Promise<readonly LookupAddress[]> {
  try {
    return await resolve(host)
  } catch (cause) {
    throw new TidemarkError('TM_TARGET_UNKNOWN', { host, reason: (cause as Error).message }, cause)
  }
}
