import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { checkRuleFile } from '../../alerting/rule-file.js'
import { runTestFile } from '../../alerting/unit-test/run-file.js'
import { textTable } from '../../cli/text-table.js'
import type { CorpusReport } from './report.js'

/** Files of promtool's own with rules that must not load, or only if told to look away. */
const BAD_RULES = new Set(['bad-rules-syntax.yml', 'rules-bad.yml', 'rules_extrafields.yml'])
const IS_RULES = /^(?!.*(?:test|run|unittest|failing|bad-input|bad-promql|long-period|no-test)).*\.yml(?:\.gz)?$/

/** What tests of promtool's own must name when they fail over a rule. */
const NAMED: Readonly<Record<string, readonly RegExp[]>> = {
  'bad-rules-syntax-test.yml': [/bad-rules-syntax\.yml/, /group "bad-syntax"/, /rule 1, "x"/],
  'bad-rules-error-test.yml': [/bad-rules-error\.yml/, /group: bad-example/, /rule: joined/],
  'rules_run_extrafields.yml': [/rules_extrafields\.yml/, /namespace/],
}

/** Public unit tests of rules, promtool's own tests good and bad, and a public collection of rules. */
export async function runRules(folder: string): Promise<CorpusReport> {
  const report: CorpusReport = { corpus: 'rules', passed: 0, failures: [] }
  const rows: string[][] = []
  for (const [name, run] of Object.entries({ cases, promtool, ruleFiles })) {
    const before = { passed: report.passed, failed: report.failures.length }
    const cpu = process.cpuUsage()
    await run(folder, report)
    const seconds = process.cpuUsage(cpu).user / 1e6
    const passed = report.passed - before.passed
    rows.push([name, `${passed}/${passed + report.failures.length - before.failed}`, `${seconds.toFixed(1)} s`])
  }
  console.log(textTable(['rules', 'passed', 'CPU'], rows))
  return report
}

/** Each test file passes. */
async function cases(folder: string, report: CorpusReport): Promise<void> {
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as { dir: string; test: string }[]
  for (const { dir, test } of manifest) {
    const { tests, failures } = await runTestFile(join(folder, dir, test))
    judge(report, `${dir}/${test}`, tests === 0 ? ['it has no test', ...failures] : failures)
  }
}

/** Each test file passes or fails as it does there, and says over which rule. */
async function promtool(folder: string, report: CorpusReport): Promise<void> {
  const path = join(folder, 'promtool', 'expected.json')
  const { tests } = JSON.parse(await readFile(path, 'utf8')) as {
    tests: { test: string; passes: { '3.14': boolean } }[]
  }
  for (const { test, passes } of tests) {
    const { failures } = await runTestFile(join(folder, 'promtool', test))
    const text = failures.join('\n')
    const unnamed = (NAMED[test] ?? [])
      .filter((named) => !named.test(text))
      .map((named) => `it does not name ${named}: ${text}`)
    const wrong = passes['3.14'] ? failures : failures.length === 0 ? ['it passes, it must fail'] : unnamed
    judge(report, `promtool/${test}`, wrong)
  }
}

/** Each file of rules loads, or is refused. */
async function ruleFiles(folder: string, report: CorpusReport): Promise<void> {
  const own = (await readdir(join(folder, 'promtool'))).filter((name) => IS_RULES.test(name))
  const awesome = await readdir(join(folder, 'awesome-alerts'))
  for (const name of [...own.map((one) => `promtool/${one}`), ...awesome.map((one) => `awesome-alerts/${one}`)]) {
    const bytes = await readFile(join(folder, name))
    const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
    const faults = checkRuleFile(text, name, 60_000).faults.map(({ message }) => message)
    const mustFail = BAD_RULES.has(name.replace('promtool/', ''))
    judge(report, name, mustFail ? (faults.length === 0 ? ['it loads, it must be refused'] : []) : faults)
  }
}

function judge(report: CorpusReport, name: string, failures: readonly string[]): void {
  if (failures.length === 0) report.passed++
  else report.failures.push(`${name}: ${failures.join('\n')}`)
}
