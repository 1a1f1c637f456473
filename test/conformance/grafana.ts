import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseExpr } from '../../promql/parse.js'
import type { CorpusReport } from './report.js'

const QUOTED = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g
const VARIABLE = /\$\{[^}]+\}|\$\w+|\[\[\w+\]\]/g

/** Real dashboards: every query of every panel parses once its variables are replaced. */
export async function runGrafana(folder: string): Promise<CorpusReport> {
  const report: CorpusReport = { corpus: 'grafana', passed: 0, failures: [] }
  for (const name of (await readdir(folder)).filter((file) => file.endsWith('.json')).sort()) {
    const dashboard: unknown = JSON.parse(await readFile(join(folder, name), 'utf8'))
    for (const query of queriesOf(dashboard)) {
      try {
        parseExpr(withoutVariables(query))
        report.passed++
      } catch (thrown) {
        report.failures.push(`${name}: ${query}: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
      }
    }
  }
  return report
}

/** Inside quotes a variable is some text; anywhere else it is a duration. */
function withoutVariables(query: string): string {
  return query.replace(QUOTED, (text) => text.replace(VARIABLE, 'x')).replace(VARIABLE, '5m')
}

/** The `expr` of every target, whatever the dashboard's layout. */
function* queriesOf(node: unknown): Iterable<string> {
  if (typeof node !== 'object' || node === null) return
  for (const [key, value] of Object.entries(node)) {
    if (key !== 'targets' || !Array.isArray(value)) yield* queriesOf(value)
    else for (const { expr } of value as { expr?: unknown }[]) if (typeof expr === 'string') yield expr
  }
}
