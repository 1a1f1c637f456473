import { readFile } from 'node:fs/promises'
import type { ConnectionOptions } from 'node:tls'
import type { Config } from '../../schemas/config/schema.js'
import { TidemarkError } from '../../schemas/errors.js'

type KafkaConfig = Config['kafka']

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** How to log in. */
interface Login {
  mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  username: string
  password: string
}

/** How brokers are reached. */
export interface KafkaConnection {
  brokers: string[]
  clientId: string
  ssl?: ConnectionOptions
  sasl?: Login
}

/** Reads the certificates that the config names. @throws TM_CONFIG for one that cannot be read */
export async function connectionOf(config: KafkaConfig): Promise<KafkaConnection> {
  const { brokers, client_id: clientId, tls } = config
  return { brokers, clientId, ssl: tls ? await certificatesOf(config) : undefined, sasl: loginOf(config) }
}

async function certificatesOf(config: KafkaConfig): Promise<ConnectionOptions> {
  const [ca, cert, key] = await Promise.all([pem(config, 'ca'), pem(config, 'cert'), pem(config, 'key')])
  return { ca, cert, key }
}

async function pem(config: KafkaConfig, name: 'ca' | 'cert' | 'key'): Promise<string | undefined> {
  const path = config[name]
  if (path === '') return undefined
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const reason = `${path} cannot be read: ${(cause as Error).message}`
    throw new TidemarkError('TM_CONFIG', { key: `kafka.${name}`, reason, fix: 'name a PEM file' }, cause)
  }
}

function loginOf({ sasl, username, password }: KafkaConfig): Login | undefined {
  return sasl === 'none' ? undefined : { mechanism: sasl as Login['mechanism'], username, password }
}
