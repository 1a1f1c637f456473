import type { IncomingHttpHeaders } from 'node:http'
import { isLoopbackHost } from '../schemas/net/loopback.js'

/** Names by which containers reach the loopback of the machine that runs them. */
const HOST_OF_CONTAINERS: ReadonlySet<string> = new Set(['host.docker.internal', 'host.containers.internal'])

/**
 * Why a request on loopback does not come from a program of this machine but was made by a web page, which a browser of
 * this machine shows: from another origin, or from one whose name was made to mean 127.0.0.1 (DNS rebinding). Undefined
 * if nothing says so.
 */
export function foreignPage({ host, origin }: IncomingHttpHeaders): string | undefined {
  const name = host?.replace(/:\d+$/, '')
  if (name !== undefined && !isLoopbackHost(name) && !HOST_OF_CONTAINERS.has(name)) {
    return `it was sent to the host "${name}", which is not a name of loopback`
  }
  if (origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)) return undefined
  return `a web page of ${origin} sent it`
}
