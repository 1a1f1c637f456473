import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PartDefinition } from '../../infra/stack/part.js'
import { kafka } from '../../infra/stack/parts/kafka.js'
import { programPath } from '../../infra/stack/programs.js'
import { createServer, type StackPart } from '../../infra/stack/server.js'

/** A broker with settings of a test's own. */
export interface CustomBroker {
  /** Of its own, absolute. */
  folder: string
  /** Port of a listener without encryption, which tells when it serves. */
  port: number
  /** Id of the cluster, the same for all its brokers. */
  cluster: string
  /** Lines of server.properties; log.dirs is `folder`/logs. */
  properties: string
  /** Further arguments of the format tool. */
  format?: string[]
}

/** What starts and stops it; it is not started yet. */
export function customBroker({ folder, port, cluster, properties, format = [] }: CustomBroker): StackPart {
  const definition: PartDefinition = {
    ...kafka,
    async prepare() {
      mkdirSync(join(folder, 'logs'), { recursive: true })
      writeFileSync(join(folder, 'server.properties'), properties)
      if (existsSync(join(folder, 'logs', 'meta.properties'))) return
      // An id may begin with a dash: apart from its option it would be taken for another one.
      const args = ['format', `--cluster-id=${cluster}`, '-c', 'server.properties', ...format]
      execFileSync(programPath('java'), ['-cp', `${programPath('kafka')}/*`, 'kafka.tools.StorageTool', ...args], {
        cwd: folder,
        stdio: 'pipe',
      })
    },
  }
  mkdirSync(folder, { recursive: true })
  const logFile = join(folder, 'broker.log')
  const place = { folder, port, innerPort: 0 }
  const [onProcess, onDeath] = [() => undefined, () => undefined]
  return createServer({ name: 'kafka', definition, place, env: process.env, logFile, onProcess, onDeath })
}
