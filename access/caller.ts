import type { Role } from './roles.js'

/** Who a request comes from. */
export interface Caller {
  /** Undefined without a token. */
  tokenId: string | undefined
  /** Of the token; `local` without one. */
  name: string
  role: Role
  /** IP address that the connection comes from. */
  address: string
  /** Whose limits it counts against. */
  rateKey: string
  /** 0: no limit. */
  requestsPerSecond: number
  pointsPerSecond: number
}
