import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from '@temporalio/client'
import type { Config } from '../../schemas/config/schema.js'
import { TidemarkError } from '../../schemas/errors.js'

/** A lost server is tried again no later than this, ms: gRPC by itself would wait for up to two minutes. */
const RECONNECT_MS = 2_000

/** How to get to a server, for the client and for the worker. */
export type ServerConnection = Pick<ConnectionOptions, 'tls'> & { address: string; apiKey?: string }

/**
 * The connection that the config describes. It is encrypted where it says so, and where it names a certificate or a
 * key to send. Files are read at each call, so that renewed ones are taken.
 * @throws TM_CONFIG naming the file that cannot be read
 */
export function serverConnection(
  { tls, ca, cert, key, api_key: apiKey }: Config['temporal'],
  address: string,
): ServerConnection {
  const isEncrypted = tls || [ca, cert, apiKey].some((setting) => setting !== '')
  if (!isEncrypted) return { address }
  return {
    address,
    tls: {
      ...(ca !== '' && { serverRootCACertificate: pem('temporal.ca', ca) }),
      ...(cert !== '' && { clientCertPair: { crt: pem('temporal.cert', cert), key: pem('temporal.key', key) } }),
    },
    ...(apiKey !== '' && { apiKey }),
  }
}

/** The same for the client's library, which is slow to come back unless told otherwise. */
export function clientOptions(server: ServerConnection): ConnectionOptions {
  const channelArgs = {
    'grpc.initial_reconnect_backoff_ms': RECONNECT_MS / 4,
    'grpc.max_reconnect_backoff_ms': RECONNECT_MS,
  }
  return { ...server, channelArgs }
}

function pem(key: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    const fix = 'name a PEM file that this process may read'
    throw new TidemarkError('TM_CONFIG', { key, reason: (cause as Error).message, fix }, cause)
  }
}
