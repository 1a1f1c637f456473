import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runAlertmanager } from './alertmanager.js'
import { runGrafana } from './grafana.js'
import { runInflux } from './influx.js'
import { runOpenMetrics } from './openmetrics.js'
import { runOtlp } from './otlp.js'
import { runPrometheusText } from './prometheus-text.js'
import { runPromqltest } from './promqltest.js'
import type { CorpusReport, CorpusRunner } from './report.js'
import { runRules } from './rules.js'
import { runStatsd } from './statsd.js'
import { runStl } from './stl.js'

const USAGE = `usage: npm run conformance -- --corpus DIR [--only NAME]

Runs the corpora in DIR against the decoders and the query engine and prints each failed case.
  --corpus DIR   the folder that holds one folder for each corpus
  --only NAME    run only this corpus: influx, statsd, openmetrics, prometheus-text, otlp, promqltest, grafana,
                 rules, alertmanager or stl`

/** Every corpus: the name of its folder, and who runs it. */
const CORPORA: Readonly<Record<string, CorpusRunner>> = {
  influx: runInflux,
  statsd: runStatsd,
  openmetrics: runOpenMetrics,
  'prometheus-text': runPrometheusText,
  otlp: runOtlp,
  promqltest: runPromqltest,
  grafana: runGrafana,
  rules: runRules,
  alertmanager: runAlertmanager,
  stl: runStl,
}

const FAILURES_SHOWN = 20

process.exitCode = await main(process.argv.slice(2))

/** 0: every case passed; 1: some failed; 2: it could not be run. */
async function main(args: string[]): Promise<number> {
  const plan = await readArguments(args)
  if (typeof plan === 'string') {
    console.error(plan)
    return 2
  }
  const reports: CorpusReport[] = []
  for (const { run, folder } of plan) {
    const report = await run(folder)
    reports.push(report)
    printFailures(report)
  }
  const passed = reports.reduce((sum, report) => sum + report.passed, 0)
  const failed = reports.reduce((sum, report) => sum + report.failures.length, 0)
  for (const report of reports)
    console.log(`${report.corpus}: ${report.passed} passed, ${report.failures.length} failed`)
  console.log(`${passed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

/** What to run, or what is wrong with the arguments. */
async function readArguments(args: string[]): Promise<{ run: CorpusRunner; folder: string }[] | string> {
  let values: { corpus?: string; only?: string }
  try {
    ;({ values } = parseArgs({ args, options: { corpus: { type: 'string' }, only: { type: 'string' } } }))
  } catch (thrown) {
    return `${thrown instanceof Error ? thrown.message : String(thrown)}\n\n${USAGE}`
  }
  const { corpus, only } = values
  if (corpus === undefined) return USAGE
  const names = only === undefined ? Object.keys(CORPORA) : [only]
  const plan: { run: CorpusRunner; folder: string }[] = []
  for (const name of names) {
    if (!Object.hasOwn(CORPORA, name)) return `there is no corpus "${name}"\n\n${USAGE}`
    const folder = join(corpus, name)
    if (!(await isFolder(folder)))
      return `there is no folder ${folder}: name the folder that holds the corpora with --corpus`
    plan.push({ run: CORPORA[name], folder })
  }
  return plan
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  )
}

function printFailures({ corpus, failures }: CorpusReport): void {
  for (const failure of failures.slice(0, FAILURES_SHOWN)) console.log(`${corpus}: ${failure}`)
  if (failures.length > FAILURES_SHOWN) console.log(`${corpus}: and ${failures.length - FAILURES_SHOWN} more`)
}
