import { evaluateQuery } from '../../promql/engine.js'
import { isMetadataLabel } from '../../promql/labels.js'
import { parseExpr } from '../../promql/parse.js'
import type { EvaluateOptions, RuleSource } from '../evaluate.js'
import { errorBudget, errorRatio, type Slo } from './slo.js'

/** How an objective stands, for each series of its queries. */
export interface SloStatus {
  labels: Readonly<Record<string, string>>
  /** The part of good events over the window, 0..1. */
  sli: number
  /** What is left of the error budget: 1 is all of it, below 0 the objective is missed. */
  budgetRemaining: number
  /** How many times faster than allowed the budget burnt in the last hour; undefined without events. */
  burnRate?: number
}

/** Reads how an objective stands at a time, over all data, late ones too. @throws as the engine and the source do */
export async function sloStatus(
  slo: Slo,
  nowMs: number,
  { open, limits }: { open: () => Promise<RuleSource>; limits: EvaluateOptions['limits'] },
): Promise<SloStatus[]> {
  const source = await open()
  const errors = async (window: string) => {
    const text = errorRatio(slo, window)
    const times = { startMs: nowMs, endMs: nowMs, stepMs: 0 }
    const { value } = await evaluateQuery(parseExpr(text), text, times, source, { limits })
    const samples = value.type === 'vector' ? value.samples : []
    return samples.map(({ labels, value: ratio }) => ({
      labels: labels.filter(([name]) => !isMetadataLabel(name)),
      ratio,
    }))
  }
  const lastHour = new Map((await errors('1h')).map(({ labels, ratio }) => [JSON.stringify(labels), ratio]))
  const budget = errorBudget(slo)
  return (await errors(slo.window)).map(({ labels, ratio }) => {
    const now = lastHour.get(JSON.stringify(labels))
    const burns = now !== undefined && !Number.isNaN(now)
    return {
      labels: Object.fromEntries(labels),
      sli: 1 - ratio,
      budgetRemaining: 1 - ratio / budget,
      ...(burns && { burnRate: now / budget }),
    }
  })
}
