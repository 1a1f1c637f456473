import { textTable } from '../../cli/text-table.js'
import type { Bench, BenchContext, Figure } from './bench.js'
import { MeasuredProcess } from './measured-process.js'
import type { RulesAnswer, RulesRequest } from './rules-run.js'

const ROUNDS = 10
/** Rules and series of each line of the table; the last one is the figure. */
const SIZES: readonly { rules: number; series: number }[] = [
  { rules: 100, series: 10_000 },
  { rules: 1000, series: 10_000 },
  { rules: 1000, series: 100_000 },
  { rules: 10_000, series: 10_000 },
  { rules: 10_000, series: 100_000 },
]
/** Rules that are judged each by itself, for comparison: more would take minutes. */
const ALONE = { rules: 100, series: 100_000, rounds: 2, together: false } as const

/** From the moment when windows are closed until every rule is judged. */
export const rules: Bench = {
  name: 'rules',
  about: '10,000 alerting rules over 100,000 series each 10 s: from closed windows to judged rules, one process',
  onlyByName: true,
  async run(context) {
    const rows: (string | number)[][] = []
    const figures: Figure[] = []
    const alone = await measure(ALONE, context)
    rows.push(row(ALONE, alone, 'each by itself'))
    for (const size of SIZES) {
      const answer = await measure({ ...size, rounds: ROUNDS, together: true }, context)
      if (answer.failing > 0) throw new Error(`${answer.failing} of ${size.rules} rules could not be judged`)
      rows.push(row(size, answer, 'together'))
      if (size !== SIZES.at(-1)) continue
      figures.push({ key: 'rules: evaluation lag p50', unit: 's', values: [percentile(answer.lagSeconds, 0.5)] })
      figures.push({ key: 'rules: evaluation lag p99', unit: 's', values: [percentile(answer.lagSeconds, 0.99)] })
      figures.push({ key: 'rules: CPU a round', unit: 's', values: [percentile(answer.cpuSeconds, 0.5)] })
    }
    context.print(
      textTable(['rules', 'series', 'judged', 'lag p50 s', 'lag p99 s', 'CPU s a round', 'firing', 'RSS MB'], rows),
    )
    return figures
  },
}

async function measure(request: RulesRequest, context: BenchContext): Promise<RulesAnswer> {
  context.progress(`${request.rules} rules over ${request.series} series${request.together ? '' : ', each by itself'}`)
  const child = new MeasuredProcess('rules-run.js', context)
  try {
    return await child.ask<RulesAnswer>(request)
  } finally {
    await child.end()
  }
}

function row({ rules: count, series }: { rules: number; series: number }, answer: RulesAnswer, how: string) {
  const seconds = (values: readonly number[], q: number) => percentile(values, q).toFixed(3)
  const { lagSeconds: lag, cpuSeconds: cpu, firing, residentMegabytes } = answer
  return [
    count,
    series,
    how,
    seconds(lag, 0.5),
    seconds(lag, 0.99),
    seconds(cpu, 0.5),
    firing,
    Math.round(residentMegabytes),
  ]
}

function percentile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)]
}
