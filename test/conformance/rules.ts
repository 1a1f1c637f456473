import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parse } from 'yaml'
import { parseExpr } from '../../promql/parse.js'
import type { CorpusReport } from './report.js'

/** Files of promtool that are bad on purpose. */
const BAD = /^promtool\/(?:bad-|rules-bad)/

interface Rule {
  expr?: unknown
}

/** Public rule files: every expression of every rule parses. */
export async function runRules(folder: string): Promise<CorpusReport> {
  const report: CorpusReport = { corpus: 'rules', passed: 0, failures: [] }
  for (const entry of (await readdir(folder, { recursive: true, withFileTypes: true })).sort(byPath)) {
    const path = join(entry.parentPath, entry.name)
    const name = relative(folder, path)
    if (!entry.isFile() || !/\.ya?ml(?:\.gz)?$/.test(name) || BAD.test(name)) continue
    const bytes = await readFile(path)
    const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
    judge(name, text, report)
  }
  return report
}

function byPath(a: { parentPath: string; name: string }, b: { parentPath: string; name: string }): number {
  return join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1
}

function judge(name: string, text: string, report: CorpusReport): void {
  const document = parse(text, { logLevel: 'silent' }) as { groups?: { rules?: Rule[] | null }[] | null } | null
  for (const { expr } of (document?.groups ?? []).flatMap(({ rules }) => rules ?? [])) {
    try {
      parseExpr(String(expr))
      report.passed++
    } catch (thrown) {
      report.failures.push(`${name}: ${expr}: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
    }
  }
}
