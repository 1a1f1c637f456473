import { join } from 'node:path'
import { startStack } from '../../infra/stack/start.js'
import { loadConfig } from '../../schemas/config/load.js'
import type { Config } from '../../schemas/config/schema.js'

/** An S3 server of one test file, which may stop it and look at what it holds. */
export interface S3Server {
  endpoint: string
  bucket: string
  /** Where objects lie as files: `<bucket>/<key>`. */
  objects: string
  /** Settings that use it; `s3` may name another bucket, or a proxy before it. */
  config(dataDir: string, s3?: Partial<Config['s3']>): Config
  start(): Promise<void>
  stop(): Promise<void>
}

/** Starts it in the folder, with an empty bucket. */
export async function startS3Server(folder: string): Promise<S3Server> {
  const stack = await startStack({ dir: folder, parts: ['s3'], log: () => undefined })
  const settings = stack.config.s3 as Partial<Config['s3']>
  const server = stack.part('s3')
  return {
    endpoint: settings.endpoint as string,
    bucket: settings.bucket as string,
    objects: join(folder, 's3', 'buckets'),
    config: (dataDir, s3 = {}) =>
      loadConfig({ env: {}, overrides: { 'data.dir': dataDir, s3: { ...settings, ...s3 } } }),
    start: () => server.start(),
    stop: () => server.stop(),
  }
}
