import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OpenMetricsDecoder } from '../../ingest/prometheus/openmetrics-decoder.js'
import { RecordingSink } from '../recording-sink.js'
import type { CorpusReport } from './report.js'

/** The OpenMetrics parser cases: a valid exposition has nothing refused, an invalid one something. */
export async function runOpenMetrics(folder: string): Promise<CorpusReport> {
  const report: CorpusReport = { corpus: 'openmetrics', passed: 0, failures: [] }
  for (const group of ['accept', 'reject']) {
    for (const name of (await readdir(join(folder, group))).sort()) {
      const failure = await judge(join(folder, group, name))
      if (failure === undefined) report.passed++
      else report.failures.push(`${group}/${name}: ${failure}`)
    }
  }
  return report
}

async function judge(caseFolder: string): Promise<string | undefined> {
  const { shouldParse } = JSON.parse(await readFile(join(caseFolder, 'test.json'), 'utf8')) as { shouldParse: boolean }
  const sink = new RecordingSink()
  new OpenMetricsDecoder().decode(await readFile(join(caseFolder, 'metrics')), { nowMs: 0 }, sink)
  const [refusal] = sink.refusals
  if (shouldParse) return refusal && `line ${refusal.position}: ${refusal.reason}`
  return refusal === undefined ? 'nothing was refused' : undefined
}
