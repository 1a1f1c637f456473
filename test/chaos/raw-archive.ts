import { createWriteStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import pg from 'pg'
import { createS3Client } from '../../adapters/s3/client.js'
import type { StackConfig } from '../../infra/stack/part.js'
import { loadConfig } from '../../schemas/config/load.js'

/** The master dataset as anyone can read it: the catalog's list of raw files, and the bucket that holds them. */
export class RawArchive {
  readonly #config: Required<StackConfig>
  readonly #folder: string

  constructor(config: Required<StackConfig>, folder: string) {
    this.#config = config
    this.#folder = folder
  }

  /** Fetches every file that counts. @returns their local paths */
  async download(): Promise<string[]> {
    mkdirSync(this.#folder, { recursive: true })
    const { bucket } = this.#config.s3
    const s3 = createS3Client(loadConfig({ env: {}, overrides: { s3: this.#config.s3 } }).s3)
    const paths: string[] = []
    for (const [i, key] of (await this.#keys()).entries()) {
      const path = join(this.#folder, `${i}.parquet`)
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
      await pipeline(Body as Readable, createWriteStream(path))
      paths.push(path)
    }
    s3.destroy()
    return paths
  }

  async #keys(): Promise<string[]> {
    const client = new pg.Client({ connectionString: this.#config.catalog.url })
    await client.connect()
    try {
      const { rows } = await client.query<{ key: string }>('SELECT key FROM raw_files WHERE retired_ms IS NULL')
      return rows.map(({ key }) => key)
    } finally {
      await client.end()
    }
  }
}
