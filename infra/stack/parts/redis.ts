import { mkdirSync } from 'node:fs'
import type { PartDefinition } from '../part.js'
import { REDIS } from '../pins.js'
import { obtain, programPath } from '../programs.js'
import { exchange } from '../requests.js'

/** Every write is in the append-only file before it is answered, so a kill loses nothing. */
export const redis: PartDefinition = {
  version: `${REDIS.oldest} or newer`,
  stopSignal: 'SIGTERM',
  async install(log) {
    await obtain('redis-server', log)
  },
  async prepare({ folder }) {
    mkdirSync(folder, { recursive: true })
  },
  command: ({ folder, port }) => ({
    file: programPath('redis-server'),
    args: ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--appendonly', 'yes', '--save', ''],
    options: { cwd: folder },
  }),
  serves: async ({ port }) => (await exchange(port, 'PING\r\n')).toString().startsWith('+PONG'),
  config: ({ port }) => ({ redis: { url: `redis://127.0.0.1:${port}` } }),
}
