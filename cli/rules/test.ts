import { Command } from 'commander'
import { runTestFile } from '../../alerting/unit-test/run-file.js'
import type { CommandStreams } from '../decode.js'

const FAILED = 1

/** Files that take longer than this show how far they are, ms. */
const SLOW_MS = 2000

/** `tidemark rules test`: unit tests of rules in promtool's format. */
export function rulesTestCommand(streams: CommandStreams = process): Command {
  return new Command('test')
    .description("runs unit tests of rules in promtool's format: what fires, and what expressions give")
    .argument('<file...>', 'test files')
    .option('--run <regex>', 'only tests whose name this finds')
    .addHelpText(
      'after',
      `
Prints for each file SUCCESS or what was expected and what came instead. Exit status 1 if any test failed. Files that
promtool takes are taken as they are; no server is needed.

A test loads series, and says which alerts fire and what expressions give at a time:
  rule_files: [alerts.yml]             # beside this file; * and ? stand for names
  evaluation_interval: 1m
  tests:
    - interval: 1m
      input_series:
        - { series: 'up{job="api"}', values: '1x5 0x10' }
      alert_rule_test:
        - eval_time: 12m
          alertname: ApiDown
          exp_alerts:
            - exp_labels: { job: api, severity: page }
              exp_annotations: { summary: 'api is down' }
      promql_expr_test:
        - { expr: 'sum(up)', eval_time: 3m, exp_samples: [{ labels: '{}', value: 1 }] }

Values: 1 2 3, 1x3 (it, and 3 more), 0+10x5 (a ramp), _ (no point), _x4, stale, {{schema:0 count:3 sum:6 buckets:[1 2]}}
Also: group_eval_order, fuzzy_compare, and for a test name, start_timestamp, external_labels, external_url

Examples:
  $ tidemark rules test tests/*.yml
  $ tidemark rules test tests/api.yml --run 'burn rate'`,
    )
    .action(async (files: string[], { run }: { run?: string }, command: Command) => {
      const named = run === undefined ? undefined : regexOf(run, command)
      let hasFailed = false
      for (const file of files) {
        streams.stdout.write(`Unit Testing:  ${file}\n`)
        const report = await runTestFile(file, { named, onTest: progress(streams) })
        for (const pattern of report.unmatched) streams.stdout.write(`  WARNING: no file matches ${pattern}\n`)
        const isWhole = report.failures.length === 0
        hasFailed ||= !isWhole
        streams.stdout.write(isWhole ? '  SUCCESS\n\n' : `  FAILED:\n${report.failures.join('\n\n')}\n\n`)
      }
      if (hasFailed) streams.exitCode = FAILED
    })
}

function regexOf(text: string, command: Command): RegExp {
  try {
    return new RegExp(text)
  } catch (thrown) {
    return command.error(`--run: ${(thrown as Error).message}`)
  }
}

/** Tells how far a file is once it takes long, if someone watches. */
function progress({ stderr }: CommandStreams): ((done: number, of: number) => void) | undefined {
  if (!('isTTY' in stderr) || !stderr.isTTY) return undefined
  const startedMs = performance.now()
  return (done, of) => {
    if (performance.now() - startedMs < SLOW_MS) return
    stderr.write(done === of ? '\r\x1b[K' : `\r  ${done} of ${of} tests\x1b[K`)
  }
}
