import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { PartDefinition, Place } from '../part.js'
import { goTool } from '../pins.js'
import { obtain, programPath } from '../programs.js'
import { answersHttp } from '../requests.js'

const BUCKET = 'tidemark'
const ACCESS_KEY_ID = 'tidemark'
const SECRET_ACCESS_KEY = 'tidemark-secret'

/** versitygw: buckets are folders, objects are files in them. */
export const s3: PartDefinition = {
  version: goTool('versitygw').version,
  stopSignal: 'SIGTERM',
  async install(log) {
    await obtain('versitygw', log)
  },
  async prepare(place) {
    mkdirSync(join(bucketsOf(place), BUCKET), { recursive: true })
  },
  command: (place) => ({
    file: programPath('versitygw'),
    args: ['--port', `127.0.0.1:${place.port}`, '--health', '/health', '--quiet', 'posix', bucketsOf(place)],
    env: { ROOT_ACCESS_KEY: ACCESS_KEY_ID, ROOT_SECRET_KEY: SECRET_ACCESS_KEY },
    options: { cwd: place.folder },
  }),
  serves: ({ port }) => answersHttp(port, '/health'),
  config: (place) => ({
    s3: {
      endpoint: `http://127.0.0.1:${place.port}`,
      bucket: BUCKET,
      access_key_id: ACCESS_KEY_ID,
      secret_access_key: SECRET_ACCESS_KEY,
    },
  }),
}

function bucketsOf({ folder }: Place): string {
  return join(folder, 'buckets')
}
