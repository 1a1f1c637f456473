import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import type { PartDefinition, Place } from '../part.js'
import { goTool } from '../pins.js'
import { obtain, programPath } from '../programs.js'
import { answersHttp } from '../requests.js'

const BUCKET = 'tidemark'
const CREDENTIALS = { accessKeyId: 'tidemark', secretAccessKey: 'tidemark-secret' }

/** versitygw: buckets are folders, objects are files in them. */
export const s3: PartDefinition = {
  version: goTool('versitygw').version,
  stopSignal: 'SIGTERM',
  async install(log) {
    await obtain('versitygw', log)
  },
  async prepare(place) {
    mkdirSync(bucketsOf(place), { recursive: true })
  },
  command: (place) => ({
    file: programPath('versitygw'),
    args: ['--port', `127.0.0.1:${place.port}`, '--health', '/health', '--quiet', 'posix', bucketsOf(place)],
    env: { ROOT_ACCESS_KEY: CREDENTIALS.accessKeyId, ROOT_SECRET_KEY: CREDENTIALS.secretAccessKey },
    options: { cwd: place.folder },
  }),
  serves: ({ port }) => answersHttp(port, '/health'),
  async furnish(place) {
    const client = new S3Client({
      endpoint: endpointOf(place),
      region: 'us-east-1',
      credentials: CREDENTIALS,
      forcePathStyle: true,
    })
    try {
      await client.send(new CreateBucketCommand({ Bucket: BUCKET }))
    } catch (thrown) {
      if ((thrown as Error).name !== 'BucketAlreadyOwnedByYou') throw thrown
    } finally {
      client.destroy()
    }
  },
  config: (place) => ({
    s3: {
      endpoint: endpointOf(place),
      bucket: BUCKET,
      access_key_id: CREDENTIALS.accessKeyId,
      secret_access_key: CREDENTIALS.secretAccessKey,
    },
  }),
}

function bucketsOf({ folder }: Place): string {
  return join(folder, 'buckets')
}

function endpointOf({ port }: Place): string {
  return `http://127.0.0.1:${port}`
}
