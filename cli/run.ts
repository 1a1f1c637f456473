import { type Command, InvalidArgumentError, Option } from 'commander'
import pino from 'pino'
import type { Tidemark } from '../main.js'
import type { Role } from '../roles/role.js'
import { loadConfig } from '../schemas/config/load.js'
import type { Config } from '../schemas/config/schema.js'
import { VERSION } from './version.js'

/** A command that runs these roles until it is told to stop. @param banner what a user needs to know first */
export function withRoles(
  command: Command,
  roles: readonly Role[],
  banner: (config: Config, tidemark: Tidemark, tookMs: number) => string,
): Command {
  return command
    .option('--config <file>', 'a YAML file; every key has a default')
    .option('--data <folder>', 'where everything is kept (data.dir)')
    .addOption(new Option('--port <port>', 'HTTP port (http.port); 0 takes any that is free').argParser(portNumber))
    .action(async ({ config: path, data, port }: { config?: string; data?: string; port?: number }) => {
      const overrides = { ...(data && { 'data.dir': data }), ...(port !== undefined && { 'http.port': port }) }
      const config = loadConfig({ path, overrides })
      const logger = pino({ level: config.logging.level }, pino.destination({ fd: 2, sync: true }))
      const startedAt = performance.now()
      // Loaded here alone: most commands start nothing.
      const { startTidemark } = await import('../main.js')
      const tidemark = await startTidemark(config, roles, { logger, clock: Date.now, version: VERSION })
      process.stdout.write(banner(config, tidemark, performance.now() - startedAt))
      await untilStopped(tidemark.ended)
      process.stdout.write('stopping…\n')
      await tidemark.close()
      process.stdout.write('stopped; everything acknowledged is on the disk\n')
    })
}

function portNumber(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new InvalidArgumentError('A port is a number from 0 to 65535.')
}

/** Resolves at the first signal, rejects if a part of the pipeline fails for good. A second signal ends at once. */
async function untilStopped(failed: Promise<never>): Promise<void> {
  const signalled = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(130))
        resolve()
      })
    }
  })
  await Promise.race([signalled, failed])
}
