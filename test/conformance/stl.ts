import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LoessDegree } from '../../batch/anomaly/loess.js'
import { type Decomposition, type StlSettings, stl } from '../../batch/anomaly/stl.js'
import type { CorpusReport, CorpusRunner } from './report.js'

interface Cases {
  tolerance: { relative: number; absolute: number }
  cases: { name: string; input: string; rows: number; params: CaseParameters }[]
}

interface CaseParameters {
  period: number
  seasonal: number
  trend: number
  low_pass: number
  seasonal_deg: LoessDegree
  trend_deg: LoessDegree
  low_pass_deg: LoessDegree
  seasonal_jump: number
  trend_jump: number
  low_pass_jump: number
  inner_iter: number
  outer_iter: number
}

const PARTS = ['seasonal', 'trend', 'weights'] as const

/** Seasonal decompositions of another implementation: every value of season, trend and weight, within its tolerance. */
export const runStl: CorpusRunner = async (folder) => {
  const report: CorpusReport = { corpus: 'stl', passed: 0, failures: [] }
  const { tolerance, cases } = JSON.parse(await readFile(join(folder, 'cases.json'), 'utf8')) as Cases
  for (const { name, input, rows, params } of cases) {
    const values = Float64Array.from((await lines(join(folder, input))).slice(0, rows), Number)
    const wanted = (await lines(join(folder, `${name}.csv`))).slice(1).map((line) => line.split(',').map(Number))
    const failure = difference(stl(values, settingsOf(params)), wanted, tolerance)
    if (failure === undefined) report.passed++
    else report.failures.push(`${name}: ${failure}`)
  }
  return report
}

function settingsOf(params: CaseParameters): StlSettings {
  return {
    period: params.period,
    seasonal: params.seasonal,
    trend: params.trend,
    lowPass: params.low_pass,
    seasonalDegree: params.seasonal_deg,
    trendDegree: params.trend_deg,
    lowPassDegree: params.low_pass_deg,
    seasonalJump: params.seasonal_jump,
    trendJump: params.trend_jump,
    lowPassJump: params.low_pass_jump,
    innerIterations: params.inner_iter,
    outerIterations: params.outer_iter,
  }
}

function difference(given: Decomposition, wanted: number[][], tolerance: Cases['tolerance']): string | undefined {
  if (given.trend.length !== wanted.length) return `${given.trend.length} values, ${wanted.length} wanted`
  for (const [i, row] of wanted.entries())
    for (const [part, name] of PARTS.entries()) {
      const off = Math.abs(given[name][i] - row[part])
      if (!(off <= Math.max(tolerance.absolute, tolerance.relative * Math.abs(row[part]))))
        return `${name} of value ${i} is ${given[name][i]}, ${row[part]} wanted`
    }
  return undefined
}

async function lines(path: string): Promise<string[]> {
  return (await readFile(path, 'utf8')).trim().split(/\r?\n/)
}
