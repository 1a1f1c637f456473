import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type RuleGroup, readRuleFile } from '../alerting/rule-file.js'
import { parseDuration } from '../schemas/config/duration.js'
import type { Config } from '../schemas/config/schema.js'
import { TidemarkError } from '../schemas/errors.js'

/** The rules that ship with Tidemark. */
const OWN_RULES = fileURLToPath(new URL('../alerting/rules/tidemark.yaml', import.meta.url))

/** Every group of the files that the config names. @throws TM_RULE_FILE */
export function readRuleGroups({ own_rules, rule_files, evaluation_interval }: Config['alerting']): RuleGroup[] {
  const files = [...(own_rules ? [{ path: OWN_RULES, name: 'tidemark.yaml' }] : [])]
  files.push(...[...new Set(rule_files)].map((path) => ({ path, name: path })))
  return files.flatMap(({ path, name }) => readRuleFile(readText(path), name, parseDuration(evaluation_interval)))
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const details = { file: path, where: 'alerting.rule_files', reason: (cause as Error).message }
    throw new TidemarkError('TM_RULE_FILE', { ...details, fix: 'name a file that this process may read' }, cause)
  }
}
