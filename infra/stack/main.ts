import { rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { asTidemarkError } from '../../schemas/errors.js'
import { configFile, tidemarkFolder, writeConfig } from './config-file.js'
import { lesson } from './help.js'
import { PART_NAMES, type PartName } from './part.js'
import { dropStack, installParts, startStack } from './start.js'

/** Exit statuses: 0 stopped as asked, 1 it failed, 2 it was called wrongly, 130 stopped before it had started. */
const USAGE = 2
const INTERRUPTED = 130

interface Flags {
  dir: string
  only: readonly PartName[]
  install?: boolean
  fresh?: boolean
}

const program = new Command('npm run stack --')
  .description('Starts the servers of a Tidemark cluster on this machine, and installs what is missing for them.')
  .addOption(
    new Option('--only <parts>', 'some parts, with commas between').argParser(partNames).default(PART_NAMES, 'all'),
  )
  .option('--dir <folder>', 'where their data, their logs and the config of Tidemark go', 'data/stack')
  .option('--fresh', 'drops what an earlier run left in the folder: data, logs, ports')
  .option('--install', 'only installs what is missing, and starts nothing')
  .showHelpAfterError('(npm run stack -- --help shows examples)')
  .exitOverride()
  .addHelpText('after', lesson())
  .action(run)

// A reader that has seen enough (`npm run stack | head`) does not end the servers.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

try {
  await program.parseAsync()
  process.exit(0)
} catch (thrown) {
  if (thrown instanceof CommanderError) process.exit(thrown.exitCode === 0 ? 0 : USAGE)
  const { code, message, hint } = asTidemarkError(thrown)
  process.stderr.write(`${code}: ${message}\n  ${hint}\n`)
  process.exit(1)
}

async function run({ dir, only, install, fresh }: Flags): Promise<void> {
  if (install) {
    await installParts(only, log)
    log(`installed: ${only.join(', ')}`)
    return
  }
  const home = resolve(dir)
  const interrupted = untilInterrupted()
  if (fresh) await drop(home)
  const stack = await Promise.race([startStack({ dir: home, parts: only, log }), interrupted])
  if (!stack) {
    log('stopped before all had started; what had is ended')
    process.exit(INTERRUPTED)
  }
  log(`\n${writeConfig(home, stack.config)}
These settings stand in ${configFile(home)}:  npx tidemark up --config ${configFile(home)}
Ctrl-C stops the servers; their data stay.`)
  await interrupted
  log('stopping…')
  await stack.stop()
  log(`stopped; the next start with --dir ${home} goes on with the data`)
}

async function drop(home: string): Promise<void> {
  await dropStack(home)
  rmSync(configFile(home), { force: true })
  rmSync(tidemarkFolder(home), { recursive: true, force: true })
}

/** Resolves at the first Ctrl-C or SIGTERM. Further ones change nothing: npm passes on what the terminal sent already. */
function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve())
  })
}

function partNames(text: string): PartName[] {
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !PART_NAMES.includes(name as PartName))
  if (unknown !== undefined) throw new InvalidArgumentError(`There is no part "${unknown}": ${PART_NAMES.join(', ')}.`)
  return names as PartName[]
}

function log(line: string): void {
  process.stdout.write(`${line}\n`)
}
