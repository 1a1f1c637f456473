import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { DetectorName } from '../../schemas/config/anomaly.js'
import { DETECTORS } from '../../speed/anomaly/detectors.js'
import { archiveSize } from './archive-size.js'
import { type Bench, type BenchContext, CannotRun, type Figure, type NabInput } from './bench.js'
import { cluster } from './cluster/cluster.js'
import { hotStore } from './hot-store.js'
import { incidents } from './incidents.js'
import { ingest } from './ingest.js'
import { liveView } from './live-view.js'
import { memory } from './memory.js'
import { nab } from './nab.js'
import { paging } from './paging.js'
import { query } from './query.js'
import type { QueryScale } from './query-data.js'
import { recompute } from './recompute.js'
import { rules } from './rules.js'
import { figureTable } from './table.js'
import { visible } from './visible.js'
import { windows } from './windows.js'

/** In the order of the flow. */
const BENCHES: readonly Bench[] = [
  ingest,
  windows,
  recompute,
  archiveSize,
  visible,
  memory,
  query,
  hotStore,
  liveView,
  cluster,
  nab,
  incidents,
  rules,
  paging,
]

const DEFAULT_RUNS = 3

const USAGE = `usage: npm run bench -- [NAME...] [options]

Measures, and prints one table with targets and what peers reach. It asserts no time: a slow machine is no failure.
Without a name those run that do not say otherwise, about four minutes in all.

${BENCHES.map(({ name, about }) => `  ${name.padEnd(14)}${about}`).join('\n')}

  --runs N         how often each figure is measured (default 3, of query 15); the table shows the median
  --idle SECONDS   how long the server of \`memory\` idles (default 60)
  --profile DIR    CPU profiles of the measured processes into DIR, for Chrome's developer tools
  --folder DIR     where data is put (default: the system's temporary folder); needs some GB, a real disk counts;
                   what query loaded stays there and is used again
  --days N         days that query asks about (default 30)
  --series N       series of query's large set (default 10000), a multiple of 100; the other has a tenth
  --corpus DIR     nab: the folder that holds the corpora
  --scorer FILE    nab: its scorer (default: ../tools/nab_score_dir.py beside the corpora); needs python3
  --detector NAME  nab: which detector (default combined)

Examples:
  npm run bench -- ingest windows
  npm run bench -- memory --idle 600
  npm run bench -- windows --runs 1 --profile profiles
  npm run bench -- query --days 2 --series 1000 --folder bench-data
  npm run bench -- nab --corpus ../testdata`

interface Plan {
  benches: Bench[]
  /** If the user said so. */
  runs?: number
  idleSeconds: number
  folder: string
  keptFolder?: string
  scale: QueryScale
  nab: NabInput
  profileFolder?: string
}

process.exitCode = await main(process.argv.slice(2))

/** 0: everything asked for was measured; 1: something could not be; 2: called wrongly. */
async function main(args: string[]): Promise<number> {
  const plan = readArguments(args)
  if (typeof plan === 'string') {
    if (plan === USAGE) console.log(plan)
    else console.error(plan)
    return plan === USAGE ? 0 : 2
  }
  const figures: Figure[] = []
  const failures: string[] = []
  for (const bench of plan.benches) {
    try {
      figures.push(...(await runBench(bench, plan)))
    } catch (error) {
      failures.push(`${bench.name}: ${error instanceof CannotRun ? error.message : (error as Error).stack}`)
    }
  }
  if (figures.length > 0)
    console.log(`\n${figureTable(figures)}\n\nx: ratio to the column before it; above 1 is better.`)
  for (const failure of failures) console.error(`\nnot measured: ${failure}`)
  return failures.length > 0 ? 1 : 0
}

async function runBench(bench: Bench, plan: Plan): Promise<Figure[]> {
  const folder = mkdtempSync(join(plan.folder, `tidemark-bench-${bench.name}-`))
  // An embedded Postgres that was started by root runs as another user, who must get through.
  chmodSync(folder, 0o755)
  const begun = performance.now()
  const progress = (text: string) => {
    const seconds = Math.round((performance.now() - begun) / 1000)
    process.stderr.write(`${bench.name.padEnd(14)}${String(seconds).padStart(4)} s  ${text}\n`)
  }
  const runs = plan.runs ?? bench.runs ?? DEFAULT_RUNS
  const print = (text: string) => console.log(`\n${text}`)
  const context: BenchContext = { ...plan, runs, folder, progress, print }
  try {
    return await bench.run(context)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function readArguments(args: string[]): Plan | string {
  const text = { type: 'string' } as const
  const options = {
    runs: text,
    idle: text,
    profile: text,
    folder: text,
    days: text,
    series: text,
    corpus: text,
    scorer: text,
    detector: text,
    help: { type: 'boolean' },
  } as const
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
    if (values.help) return USAGE
    const unknown = positionals.filter((name) => !BENCHES.some((bench) => bench.name === name))
    if (unknown.length > 0) return `there is no bench "${unknown[0]}"\n\n${USAGE}`
    const folder = values.folder ?? tmpdir()
    for (const made of [folder, values.profile]) if (made) mkdirSync(made, { recursive: true })
    return {
      benches: BENCHES.filter(({ name, onlyByName }) =>
        positionals.length === 0 ? !onlyByName : positionals.includes(name),
      ),
      runs: values.runs === undefined ? undefined : positive(values.runs, '--runs'),
      idleSeconds: positive(values.idle ?? '60', '--idle'),
      folder,
      keptFolder: values.folder,
      scale: { days: positive(values.days ?? '30', '--days'), series: hundreds(values.series ?? '10000', '--series') },
      nab: { corpus: values.corpus, scorer: values.scorer, detector: detectorName(values.detector ?? 'combined') },
      profileFolder: values.profile,
    }
  } catch (error) {
    return `${(error as Error).message}\n\n${USAGE}`
  }
}

function positive(value: string, option: string): number {
  const parsed = Number(value)
  if (!Number.isInteger(parsed) || parsed < 1)
    throw new Error(`${option} takes a whole number from 1 on, not "${value}"`)
  return parsed
}

function detectorName(value: string): DetectorName {
  if (Object.hasOwn(DETECTORS, value)) return value as DetectorName
  throw new Error(`--detector takes ${Object.keys(DETECTORS).join(', ')}, not "${value}"`)
}

function hundreds(value: string, option: string): number {
  const parsed = positive(value, option)
  if (parsed % 100 !== 0) throw new Error(`${option} takes a multiple of 100, not "${value}"`)
  return parsed
}
