import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { PointSink } from '../../ingest/sink.js'
import { StatsdDecoder } from '../../ingest/statsd/decoder.js'
import { ALL_DIALECTS, type StatsdDialects } from '../../ingest/statsd/dialects.js'
import { parseStatsdLine, type StatsdSample } from '../../ingest/statsd/line.js'
import type { CorpusRunner } from './report.js'

interface CorpusEvent {
  type: 'counter' | 'gauge' | 'observer'
  name: string
  value: number
  labels: Record<string, string>
  relative?: boolean
  repeat?: number
}

interface LineCase {
  name: string
  line?: string
  lineBase64?: string
  events: CorpusEvent[]
  sampleErrors: Record<string, number>
  tagErrors: number
}

interface LineCases {
  enabled: (keyof StatsdDialects)[]
  cases: LineCase[]
}

/** Compares each line's events and error counters with the corpus's. */
export const runStatsd: CorpusRunner = async (folder) => {
  const all: LineCases = JSON.parse(await readFile(join(folder, 'line_cases.json'), 'utf8'))
  const disabled: { groups: LineCases[] } = JSON.parse(await readFile(join(folder, 'disabled_dialects.json'), 'utf8'))
  const report = { corpus: 'statsd', passed: 0, failures: [] as string[] }
  for (const { enabled, cases } of [all, ...disabled.groups]) {
    for (const lineCase of cases) {
      const difference = differenceOf(lineCase, dialectsOf(enabled))
      if (difference === undefined) report.passed++
      else report.failures.push(`${lineCase.name} [${enabled}]: ${difference}`)
    }
  }
  return report
}

function differenceOf(lineCase: LineCase, dialects: StatsdDialects): string | undefined {
  const line = Buffer.from(lineCase.line ?? lineCase.lineBase64 ?? '', lineCase.line === undefined ? 'base64' : 'utf8')
  const got = readLine(line, dialects)
  const wanted = {
    events: lineCase.events.flatMap(({ repeat = 1, ...event }) => Array<CorpusEvent>(repeat).fill(event)),
    sampleErrors: lineCase.sampleErrors,
    tagErrors: lineCase.tagErrors,
  }
  if (!isDeepStrictEqual(got, wanted)) return `wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`
  const errors = decoderErrors(line, dialects)
  const { sampleErrors, tagErrors } = wanted
  if (isDeepStrictEqual(errors, { sampleErrors, tagErrors })) return undefined
  return `wanted ${JSON.stringify({ sampleErrors, tagErrors })}, the decoder counts ${JSON.stringify(errors)}`
}

function readLine(line: Uint8Array, dialects: StatsdDialects) {
  const events: CorpusEvent[] = []
  const sampleErrors: Record<string, number> = {}
  let tagErrors = 0
  parseStatsdLine(
    line,
    { dialects, sets: false },
    {
      sample: (sample) => events.push(...eventsOf(sample)),
      sampleError: (reason) => {
        sampleErrors[reason] = (sampleErrors[reason] ?? 0) + 1
      },
      tagError: () => tagErrors++,
      skipped: () => undefined,
    },
  )
  return { events, sampleErrors, tagErrors }
}

/** An observer of weight n comes out as n equal events in the corpus. */
function eventsOf(sample: StatsdSample): CorpusEvent[] {
  const { name, weight, relative } = sample
  const event = { name, labels: Object.fromEntries(sample.labels), value: sample.value / sample.divisor }
  if (sample.type === 'counter') return [{ ...event, type: 'counter' }]
  if (sample.type === 'gauge') return [{ ...event, type: 'gauge', relative }]
  return Array<CorpusEvent>(Math.trunc(weight)).fill({ ...event, type: 'observer' })
}

function decoderErrors(line: Uint8Array, dialects: StatsdDialects) {
  const limits = { gaugeStates: 1, statsdSetMembers: 1 }
  const decoder = new StatsdDecoder({ limits, dialects, sets: false, names: 'keep' })
  decoder.decode(line, { nowMs: 0 }, ACCEPT_ALL)
  const { sampleErrors, tagErrors } = decoder.counters
  return { sampleErrors: Object.fromEntries(Object.entries(sampleErrors).filter(([, count]) => count > 0)), tagErrors }
}

function dialectsOf(enabled: (keyof StatsdDialects)[]): StatsdDialects {
  const names = Object.keys(ALL_DIALECTS) as (keyof StatsdDialects)[]
  return Object.fromEntries(names.map((name) => [name, enabled.includes(name)])) as unknown as StatsdDialects
}

const ACCEPT_ALL: PointSink = {
  epoch: 0,
  position: 0,
  series: () => 0,
  add: () => undefined,
  addStale: () => undefined,
  refuse: () => undefined,
}
