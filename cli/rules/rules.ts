import { Command } from 'commander'
import { applyCommand } from './apply.js'
import { backtestCommand } from './backtest.js'
import { exportCommand } from './export.js'
import { importCommand } from './import.js'
import { listCommand } from './list.js'
import { deleteCommand, disableCommand, enableCommand } from './one-rule.js'
import { showCommand } from './show.js'
import { verdictsCommand } from './verdicts.js'

/** `tidemark rules`: alerting rules, managed. */
export function rulesCommand(): Command {
  const rules = new Command('rules').description('applies, lists, tests and exports alerting rules')
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
  ]) {
    rules.addCommand(command.exitOverride())
  }
  return rules
}
