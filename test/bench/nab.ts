import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { readRow } from '../../cli/anomaly/series-csv.js'
import { textTable } from '../../cli/text-table.js'
import type { DetectorName } from '../../schemas/config/anomaly.js'
import { DETECTORS } from '../../speed/anomaly/detectors.js'
import { type Bench, type BenchContext, CannotRun, type Figure } from './bench.js'

/** The score from which on the detectors themselves speak of an alarm. */
const ALARM = 0.5
const COLUMNS = { timestamp: 0, value: 1 }

/** Start and end of each labelled anomaly, by file. */
type Windows = Record<string, [string, string][]>
/** What the scorer says: by profile, points and the threshold that gives them. */
type Scored = Record<string, { score: number; threshold: number }>

interface Replayed {
  /** The timestamps as they are in the file. */
  times: string[]
  scores: number[]
}

/** The Numenta Anomaly Benchmark, through the detectors as they are used. */
export const nab: Bench = {
  name: 'nab',
  about: 'anomalies: the files of NAB through a detector, scored by --scorer; needs --corpus',
  onlyByName: true,
  runs: 1,
  async run(context) {
    const { corpus, scorer } = findInput(context)
    const windows = JSON.parse(readFileSync(join(corpus, 'combined_windows.json'), 'utf8')) as Windows
    const begun = process.cpuUsage().user
    const replayed = new Map(Object.keys(windows).map((file) => [file, replay(corpus, file, context.nab.detector)]))
    const rows = [...replayed.values()].reduce((sum, { scores }) => sum + scores.length, 0)
    const cpuSeconds = (process.cpuUsage().user - begun) / 1e6
    context.progress(`${replayed.size} files, ${rows} values replayed, ${cpuSeconds.toFixed(1)} CPU-s; scoring`)
    const score = (name: string, part: Windows, threshold?: number) =>
      runScorer({ scorer, corpus, folder: join(context.folder, name) }, part, replayed, threshold)
    const best = await score('all', windows)
    const table = [row('all files, best threshold', windows, best)]
    table.push(row(`all files, at score ${ALARM}`, windows, await score('fixed', windows, ALARM)))
    for (const group of groupsOf(windows)) {
      const part = Object.fromEntries(Object.entries(windows).filter(([file]) => file.startsWith(`${group}/`)))
      if (windowsIn(part) > 0) table.push(row(group, part, await score(group, part, best.standard.threshold)))
      else
        table.push([
          group,
          `${Object.keys(part).length}`,
          '0',
          falseAlarms(part, replayed, best.standard.threshold),
          '',
          '',
          '',
        ])
    }
    context.print(textTable(['NAB', 'files', 'windows', 'standard', 'low FP', 'low FN', 'threshold'], table))
    return figures(best)
  },
}

function findInput({ nab }: BenchContext): { corpus: string; scorer: string } {
  if (nab.corpus === undefined) throw new CannotRun('name the folder of the corpora with --corpus')
  const corpus = [join(nab.corpus, 'nab'), nab.corpus].find((folder) =>
    existsSync(join(folder, 'combined_windows.json')),
  )
  if (corpus === undefined) throw new CannotRun(`there is no nab/combined_windows.json in ${nab.corpus}`)
  const scorer = nab.scorer ?? join(corpus, '..', '..', 'tools', 'nab_score_dir.py')
  if (!existsSync(scorer)) throw new CannotRun(`there is no scorer ${scorer}: name it with --scorer`)
  return { corpus: resolve(corpus), scorer: resolve(scorer) }
}

function replay(corpus: string, file: string, name: DetectorName): Replayed {
  const detector = DETECTORS[name].make()
  const lines = gunzipSync(readFileSync(join(corpus, 'data', `${file}.gz`)))
    .toString()
    .trim()
    .split(/\r?\n/)
  const replayed: Replayed = { times: [], scores: [] }
  for (const line of lines.slice(1)) {
    const point = readRow(line, COLUMNS)
    if ('reason' in point) throw new Error(`${file}: ${point.reason}`)
    replayed.times.push(line.slice(0, line.indexOf(',')))
    replayed.scores.push(detector.update(point.timeMs, point.value).score)
  }
  return replayed
}

/** Scores these files with a threshold of the scorer's choice, or with the one given: then a score is 1 or 0. */
async function runScorer(
  at: { scorer: string; corpus: string; folder: string },
  windows: Windows,
  replayed: ReadonlyMap<string, Replayed>,
  threshold?: number,
): Promise<Scored> {
  const scores = join(at.folder, 'scores')
  const labels = join(at.folder, 'labels')
  mkdirSync(labels, { recursive: true })
  writeFileSync(join(labels, 'combined_windows.json'), JSON.stringify(windows))
  symlinkSync(join(at.corpus, 'profiles.json'), join(labels, 'profiles.json'))
  symlinkSync(join(at.corpus, 'data'), join(labels, 'data'))
  for (const file of Object.keys(windows)) {
    const { times, scores: values } = replayed.get(file)!
    const path = join(scores, file)
    mkdirSync(dirname(path), { recursive: true })
    const lines = values.map(
      (value, i) => `${times[i]},${threshold === undefined ? value : Number(value >= threshold)}`,
    )
    writeFileSync(path, `timestamp,anomaly_score\n${lines.join('\n')}\n`)
  }
  const { stdout } = await promisify(execFile)('python3', [at.scorer, scores, '--data', labels, '--json'])
  return JSON.parse(stdout) as Scored
}

function groupsOf(windows: Windows): string[] {
  return [...new Set(Object.keys(windows).map((file) => file.slice(0, file.indexOf('/'))))].sort()
}

function windowsIn(windows: Windows): number {
  return Object.values(windows).reduce((sum, list) => sum + list.length, 0)
}

function falseAlarms(part: Windows, replayed: ReadonlyMap<string, Replayed>, threshold: number): string {
  const alarms = Object.keys(part).flatMap((file) => replayed.get(file)!.scores.filter((score) => score >= threshold))
  return `${alarms.length} false alarms`
}

function row(name: string, windows: Windows, scored: Scored): string[] {
  const points = ['standard', 'reward_low_FP_rate', 'reward_low_FN_rate'].map((profile) =>
    scored[profile].score.toFixed(1),
  )
  return [
    name,
    `${Object.keys(windows).length}`,
    `${windowsIn(windows)}`,
    ...points,
    scored.standard.threshold.toFixed(3),
  ]
}

function figures(best: Scored): Figure[] {
  const keys = { standard: 'nab standard', reward_low_FP_rate: 'nab low FP', reward_low_FN_rate: 'nab low FN' }
  return Object.entries(keys).map(([profile, key]) => ({ key, unit: 'points', values: [best[profile].score] }))
}
