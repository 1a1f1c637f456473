import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { PartDefinition } from '../part.js'
import { goTool } from '../pins.js'
import { obtain, programPath } from '../programs.js'

const NAMESPACE = 'default'
const CONNECT_MS = 1_000

/** The development server of the CLI, its state in SQLite. */
export const temporal: PartDefinition = {
  version: goTool('temporal').version,
  stopSignal: 'SIGTERM',
  async install(log) {
    await obtain('temporal', log)
  },
  async prepare({ folder }) {
    mkdirSync(folder, { recursive: true })
  },
  command: ({ folder, port }) => ({
    file: programPath('temporal'),
    args: [
      ...['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port)],
      ...['--db-filename', join(folder, 'temporal.db'), '--namespace', NAMESPACE, '--log-level', 'warn'],
    ],
    options: { cwd: folder },
  }),
  async serves({ port }) {
    const { Connection } = await import('@temporalio/client')
    const connection = await Connection.connect({ address: `127.0.0.1:${port}`, connectTimeout: CONNECT_MS })
    try {
      await connection.workflowService.describeNamespace({ namespace: NAMESPACE })
      return true
    } finally {
      await connection.close()
    }
  },
  config: ({ port }) => ({ temporal: { address: `127.0.0.1:${port}`, namespace: NAMESPACE } }),
}
