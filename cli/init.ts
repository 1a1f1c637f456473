import { Command } from 'commander'
import pino from 'pino'
import { initEngines } from '../roles/init.js'
import { loadConfig } from '../schemas/config/load.js'

export function initCommand(): Command {
  return new Command('init')
    .description('creates topics, bucket and tables on the engines that the config names')
    .option('--config <file>', 'the config file')
    .addHelpText(
      'after',
      `
What is there already stays; run it again after a change of partitions or retention. \`tidemark up\` does it by itself.
Exit status 1 if something is left to do by hand.

Example:
  $ tidemark init --config cluster.yaml`,
    )
    .action(async ({ config: path }: { config?: string }) => {
      const steps = await initEngines(loadConfig({ path }), { logger: pino({ level: 'silent' }), clock: Date.now })
      for (const { what, detail, isDone } of steps)
        process.stdout.write(`${isDone ? 'ok      ' : 'TO DO   '}${what}: ${detail}\n`)
      if (steps.length === 0)
        process.stdout.write('nothing to do: every engine is embedded, and is made at the first start\n')
      if (steps.some(({ isDone }) => !isDone)) process.exitCode = 1
    })
}
