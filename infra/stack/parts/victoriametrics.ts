import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { PartDefinition } from '../part.js'
import { goTool } from '../pins.js'
import { obtain, programPath } from '../programs.js'
import { answersHttp } from '../requests.js'

/** One node that keeps everything that it is given. Its agent vmagent is installed with it: it sends metrics on, also to Tidemark. */
export const victoriametrics: PartDefinition = {
  version: goTool('victoria-metrics').version,
  stopSignal: 'SIGTERM',
  async install(log) {
    await obtain('victoria-metrics', log)
    await obtain('vmagent', log)
  },
  async prepare({ folder }) {
    mkdirSync(folder, { recursive: true })
  },
  command: ({ folder, port }) => ({
    file: programPath('victoria-metrics'),
    args: [
      `-httpListenAddr=127.0.0.1:${port}`,
      `-storageDataPath=${join(folder, 'storage')}`,
      '-retentionPeriod=100y',
      '-loggerLevel=WARN',
    ],
    options: { cwd: folder },
  }),
  serves: ({ port }) => answersHttp(port, '/health'),
  config: ({ port }) => ({ victoriametrics: { url: `http://127.0.0.1:${port}` } }),
}
