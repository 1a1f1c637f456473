import { Command } from 'commander'
import type { CommandStreams } from '../decode.js'
import { rulesCheckCommand } from './check.js'
import { rulesTestCommand } from './test.js'

/** `tidemark rules`: everything about rules. */
export function rulesCommand(streams: CommandStreams = process): Command {
  const rules = new Command('rules').description('works with rules: checks rule files and runs their unit tests')
  for (const command of [rulesTestCommand(streams), rulesCheckCommand(streams)]) {
    rules.addCommand(
      command.exitOverride().showHelpAfterError(`(tidemark rules ${command.name()} --help shows examples)`),
    )
  }
  return rules
}
