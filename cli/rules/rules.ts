import { Command } from 'commander'
import type { CommandStreams } from '../decode.js'
import { applyCommand } from './apply.js'
import { backtestCommand } from './backtest.js'
import { rulesCheckCommand } from './check.js'
import { exportCommand } from './export.js'
import { importCommand } from './import.js'
import { listCommand } from './list.js'
import { deleteCommand, disableCommand, enableCommand } from './one-rule.js'
import { showCommand } from './show.js'
import { rulesTestCommand } from './test.js'
import { verdictsCommand } from './verdicts.js'

/** `tidemark rules`: everything about rules. */
export function rulesCommand(streams: CommandStreams = process): Command {
  const rules = new Command('rules').description('applies, lists, tries out, tests and exports alerting rules')
  for (const command of [
    applyCommand(),
    listCommand(),
    showCommand(),
    backtestCommand(),
    verdictsCommand(),
    enableCommand(),
    disableCommand(),
    deleteCommand(),
    importCommand(),
    exportCommand(),
    rulesTestCommand(streams),
    rulesCheckCommand(streams),
  ]) {
    rules.addCommand(
      command.exitOverride().showHelpAfterError(`(tidemark rules ${command.name()} --help shows examples)`),
    )
  }
  return rules
}
