import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { type DuplicateRules, duplicateRules } from '../../alerting/duplicate-rules.js'
import { checkRuleFile } from '../../alerting/rule-file.js'
import type { CommandStreams } from '../decode.js'

const FAILED = 1

/** Of groups that name none; it does not matter to a check. */
const INTERVAL_MS = 60_000

/** `tidemark rules check`: whether rule files can be used. */
export function rulesCheckCommand(streams: CommandStreams = process): Command {
  return new Command('check')
    .description('reads rule files and tells everything that is wrong with them')
    .argument('<file...>', "rule files in Prometheus's format")
    .option('--strict', 'duplicate rules count as wrong')
    .addHelpText(
      'after',
      `
Checks that every field is known, every expression and template parses and every name and duration is one. Rules of the
same name with the same labels are told; they are legal, but nobody can tell their series apart. Exit status 1 if a file
cannot be used. No server is needed.

A rule file holds groups, whose rules are evaluated in order:
  groups:
    - name: api
      interval: 30s                    # also: limit, query_offset, labels for every rule
      rules:
        - record: job:http_errors:rate5m
          expr: sum by (job) (rate(http_errors_total[5m]))
        - alert: HighErrorRate
          expr: job:http_errors:rate5m > 10
          for: 5m                      # also: keep_firing_for
          labels: { severity: page }
          annotations: { summary: '{{ $labels.job }} has {{ $value | humanize }} errors a second' }

Examples:
  $ tidemark rules check rules/*.yml
  $ tidemark rules check --strict rules/*.yml`,
    )
    .action(async (files: string[], { strict }: { strict?: boolean }) => {
      let hasFailed = false
      for (const file of files) {
        const { lines, isWhole } = await check(file)
        const hasDuplicates = lines.some((line) => line.startsWith('  duplicate'))
        hasFailed ||= !isWhole || (strict === true && hasDuplicates)
        streams.stdout.write(`Checking ${file}\n${lines.map((line) => `${line}\n`).join('')}\n`)
      }
      if (hasFailed) streams.exitCode = FAILED
    })
}

async function check(file: string): Promise<{ lines: string[]; isWhole: boolean }> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (thrown) {
    return { lines: ['  FAILED:', `    it cannot be read: ${(thrown as Error).message}`], isWhole: false }
  }
  const { groups, faults } = checkRuleFile(text, file, INTERVAL_MS)
  if (faults.length > 0) {
    const told = faults.flatMap(({ message, hint }) => [`    ${message}`, `      hint: ${hint}`])
    return { lines: ['  FAILED:', ...told], isWhole: false }
  }
  const rules = groups.reduce((sum, group) => sum + group.rules.length, 0)
  return { lines: [`  SUCCESS: ${rules} rules found`, ...duplicateRules(groups).map(duplicateLine)], isWhole: true }
}

function duplicateLine({ name, labels, groups }: DuplicateRules): string {
  const shown = Object.entries(labels).map(([label, text]) => `${label}="${text}"`)
  const places = [...new Set(groups)].map((group) => `"${group}"`).join(', ')
  return `  duplicate: ${groups.length} rules are named ${name}{${shown.join(', ')}}, in the groups ${places}`
}
