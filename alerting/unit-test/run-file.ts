import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { asTidemarkError } from '../../schemas/errors.js'
import { type RuleGroup, readRuleFile } from '../rule-file.js'
import { findFiles } from './find-files.js'
import { runTest } from './run-test.js'
import { readTestFile, type UnitTestFile } from './test-file.js'

/** What came of a file of unit tests. */
export interface TestFileReport {
  /** Tests that it has. */
  tests: number
  /** In promtool's wording; empty if every test passed. */
  failures: string[]
  /** Patterns of rule files that name none. */
  unmatched: string[]
}

/** What is done while a file runs. */
export interface RunFileOptions {
  /** Only tests whose name this finds are run. */
  named?: RegExp
  /** Told after each test. */
  onTest?: (done: number, of: number) => void
}

/** Runs the unit tests of a file, as `promtool test rules` does. Never rejects: what cannot be read is a failure. */
export async function runTestFile(path: string, { named, onTest }: RunFileOptions = {}): Promise<TestFileReport> {
  const report: TestFileReport = { tests: 0, failures: [], unmatched: [] }
  try {
    const file = readTestFile(await readFile(path, 'utf8'))
    const groups = await readGroups(file, dirname(path), report)
    const tests = file.tests.filter(({ name }) => named?.test(name) ?? true)
    for (const test of tests) {
      report.failures.push(...(await runTest(test, groups, file)))
      report.tests++
      onTest?.(report.tests, tests.length)
    }
  } catch (thrown) {
    const { code, details, message } = asTidemarkError(thrown)
    report.failures.push(`    ${path}: ${code === 'TM_INTERNAL' ? details.reason : message}`)
  }
  return report
}

async function readGroups(file: UnitTestFile, folder: string, report: TestFileReport): Promise<RuleGroup[]> {
  const groups: RuleGroup[] = []
  for (const pattern of file.ruleFiles) {
    const paths = await findFiles(pattern, folder)
    if (paths.length === 0) report.unmatched.push(pattern)
    for (const path of paths) {
      groups.push(...readRuleFile(await readFile(path, 'utf8'), path, file.evaluationIntervalMs))
    }
  }
  return groups
}
