import { rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { stringify } from 'yaml'
import { asTidemarkError } from '../../schemas/errors.js'
import { PART_NAMES, type PartName } from './part.js'
import { installParts, type Stack, startStack } from './start.js'

interface Flags {
  dir: string
  only: PartName[]
  install?: boolean
  fresh?: boolean
}

const program = new Command('npm run stack --')
  .description('Starts the servers of a Tidemark cluster on this machine and installs what is missing for it.')
  .addOption(
    new Option('--only <parts>', `some of ${PART_NAMES.join(', ')}`).argParser(partNames).default(PART_NAMES, 'all'),
  )
  .option('--dir <folder>', 'where data, logs and the Tidemark config go', 'data/stack')
  .option('--fresh', 'drops the data of an earlier run first')
  .option('--install', 'only installs what is missing')
  .showHelpAfterError('(npm run stack -- --help shows examples)')
  .exitOverride()
  .addHelpText(
    'after',
    `
Examples:
  $ npm run stack                                everything
  $ npm run stack -- --only kafka,redis          two of them; Tidemark embeds the rest
  $ npx tidemark up --config data/stack/tidemark.yaml
`,
  )
  .action(run)

try {
  await program.parseAsync()
} catch (thrown) {
  if (thrown instanceof CommanderError) process.exit(thrown.exitCode === 0 ? 0 : 2)
  const { code, message, hint } = asTidemarkError(thrown)
  process.stderr.write(`${code}: ${message}\n  ${hint}\n`)
  process.exit(1)
}

async function run({ dir, only, install, fresh }: Flags): Promise<void> {
  const log = (line: string) => process.stdout.write(`${line}\n`)
  if (install) {
    await installParts(only, log)
    log('everything that was asked for is installed')
    return
  }
  const home = resolve(dir)
  if (fresh) rmSync(home, { recursive: true, force: true })
  const stack = await startStack({ dir: home, parts: only, log })
  log(introduction(home, stack))
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
  log('stopping…')
  await stack.stop()
  log('stopped; the data stay in the folder')
  process.exit(0)
}

function introduction(home: string, { config }: Stack): string {
  const file = join(home, 'tidemark.yaml')
  const text = stringify({ data: { dir: join(home, 'tidemark') }, ...config })
  writeFileSync(file, text, { mode: 0o600 })
  return `\n# ${file}\n${text}\nTidemark on it:  npx tidemark up --config ${file}\nCtrl-C stops it.`
}

function partNames(text: string): PartName[] {
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !PART_NAMES.includes(name as PartName))
  if (unknown !== undefined) throw new InvalidArgumentError(`There is no part "${unknown}": ${PART_NAMES.join(', ')}.`)
  return names as PartName[]
}
