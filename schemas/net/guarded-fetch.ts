import { lookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { Agent, buildConnector, fetch, type RequestInit, type Response } from 'undici'
import { checkAddress, checkTarget, type Resolve, type TargetRules } from './check-target.js'

/** The part of fetch that is used here. A redirect is an answer like any other: nobody is led elsewhere unasked. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

const byName: Resolve = (host) => lookup(host, { all: true })

/**
 * A fetch that connects only to what the rules admit. Checked is the address of each connection itself, so a name that
 * means something else a moment later, or an address in a disguise of its own, gains nothing.
 * @returns fetch, whose promise rejects with TM_TARGET_REFUSED or TM_TARGET_UNKNOWN as the cause
 */
export function guardedFetch(rules: TargetRules, resolve: Resolve = byName): Fetch {
  const dispatcher = new Agent({ connect: guardedConnector(rules, resolve) })
  return (url, init) => fetch(url, { ...init, redirect: 'manual', dispatcher })
}

function guardedConnector(rules: TargetRules, resolve: Resolve): buildConnector.connector {
  const connect = buildConnector({ lookup: checkedLookup(rules, resolve) })
  return (options, callback) => {
    // An address is connected to without a look-up, so it is checked here.
    if (isIP(options.hostname) === 0) return connect(options, callback)
    try {
      checkAddress(options.hostname, options.hostname, rules)
    } catch (error) {
      return callback(error as Error, null)
    }
    connect(options, callback)
  }
}

/** A look-up for sockets that gives admitted addresses, and these are the ones connected to. */
function checkedLookup(rules: TargetRules, resolve: Resolve): LookupFunction {
  return (host, options, callback) => {
    checkTarget(host, rules, resolve).then(
      (addresses) => {
        if (options.all) callback(null, addresses)
        else callback(null, addresses[0].address, addresses[0].family)
      },
      (error: Error) => callback(error, []),
    )
  }
}
