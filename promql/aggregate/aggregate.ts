import { INFO } from '../annotations.js'
import type { Aggregate } from '../ast.js'
import type { EvalContext } from '../evaluate/context.js'
import { type Evaluated, StepSeries } from '../evaluate/values.js'
import { AverageFold } from './average.js'
import { CountFold, GroupFold } from './count.js'
import { countValues } from './count-values.js'
import { ExtremeFold } from './extreme.js'
import type { Fold } from './fold.js'
import { type Group, groupSeries } from './group.js'
import { GroupHistograms } from './histograms.js'
import { spanOf } from './parameter.js'
import { quantileAcross } from './quantile.js'
import { selectSeries } from './select.js'
import { SpreadFold } from './spread.js'
import { SumFold } from './sum.js'

/**
 * Aggregates the series of each group at each step. The operand is not changed.
 * @param param the evaluated `expr.param`: a scalar, or the label of count_values
 * @throws TM_QUERY_EXECUTION worded as Prometheus words it, and what `context.spend` throws
 */
export async function aggregateSeries(
  expr: Aggregate,
  operand: readonly StepSeries[],
  param: Evaluated | undefined,
  context: EvalContext,
): Promise<StepSeries[]> {
  const scalar = param?.type === 'scalar' ? param.value : new Float64Array(context.grid.steps)
  switch (expr.op) {
    case 'count_values':
      return withResults(await countValues(expr, operand, param?.type === 'string' ? param.value : '', context))
    case 'quantile':
      return withResults(await quantileAcross(expr, await groupSeries(expr, operand, context), scalar, context))
    case 'topk':
    case 'bottomk':
    case 'limitk':
    case 'limit_ratio':
      return selectSeries(expr, await groupSeries(expr, operand, context), scalar, context)
    default:
      return withResults(await foldGroups(expr, expr.op, await groupSeries(expr, operand, context), context))
  }
}

type FoldOp = Exclude<Aggregate['op'], 'count_values' | 'quantile' | 'topk' | 'bottomk' | 'limitk' | 'limit_ratio'>

const FOLDS: Record<FoldOp, (expr: Aggregate, context: EvalContext) => Fold> = {
  sum: (expr, context) => new SumFold(context.grid.steps, new GroupHistograms(expr, context)),
  avg: (expr, context) => new AverageFold(context.grid.steps, new GroupHistograms(expr, context)),
  count: (_, { grid }) => new CountFold(grid.steps),
  group: (_, { grid }) => new GroupFold(grid.steps),
  min: (expr, context) => new ExtremeFold(context.grid.steps, 'min', onIgnored(expr, context)),
  max: (expr, context) => new ExtremeFold(context.grid.steps, 'max', onIgnored(expr, context)),
  stddev: (expr, context) => new SpreadFold(context.grid.steps, 'stddev', onIgnored(expr, context)),
  stdvar: (expr, context) => new SpreadFold(context.grid.steps, 'stdvar', onIgnored(expr, context)),
}

const onIgnored =
  (expr: Aggregate, { annotations }: EvalContext) =>
  () =>
    annotations.inform(INFO.histogramIgnored(expr.op), spanOf(expr.expr))

async function foldGroups(
  expr: Aggregate,
  op: FoldOp,
  groups: readonly Group[],
  context: EvalContext,
): Promise<StepSeries[]> {
  const results: StepSeries[] = []
  for (const { labels, dropName, members } of groups) {
    await context.spend(context.grid.steps)
    const fold = FOLDS[op](expr, context)
    for (const series of members) {
      const wait = context.pace(context.grid.steps)
      if (wait) await wait
      fold.add(series)
    }
    const result = new StepSeries(labels, context.grid.steps, dropName)
    fold.finish(result)
    results.push(result)
  }
  return results
}

const withResults = (series: StepSeries[]) => series.filter((one) => !one.isEmpty())
