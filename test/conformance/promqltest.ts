import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { textTable } from '../../cli/text-table.js'
import type { QueryFeature } from '../../promql/script/query-feature.js'
import { runScript } from '../../promql/script/run-script.js'
import type { CorpusReport } from './report.js'

const FEATURES: readonly QueryFeature[] = ['core', 'native', 'experimental']

/** Prometheus's own evaluation scripts: one case an eval. Prints a table of what passed by file and by what it needs. */
export async function runPromqltest(folder: string): Promise<CorpusReport> {
  const report: CorpusReport = { corpus: 'promqltest', passed: 0, failures: [] }
  const rows: string[][] = []
  for (const name of (await readdir(folder)).filter((file) => file.endsWith('.test')).sort()) {
    const tally = new Map(['all', ...FEATURES].map((feature) => [feature, { passed: 0, cases: 0 }]))
    for await (const { line, query, feature, failure } of runScript(await readFile(join(folder, name), 'utf8'))) {
      for (const key of ['all', feature]) {
        const count = tally.get(key)
        if (!count) continue
        count.cases++
        if (failure === undefined) count.passed++
      }
      if (failure === undefined) report.passed++
      else report.failures.push(`${name}:${line}: ${query}: ${failure}`)
    }
    rows.push([name, ...[...tally.values()].map(({ passed, cases }) => (cases === 0 ? '-' : `${passed}/${cases}`))])
  }
  console.log(textTable(['promqltest', 'passed', ...FEATURES], rows))
  return report
}
