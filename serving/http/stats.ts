import type { QueryTimes } from '../../promql/engine.js'
import type { QueryStats } from '../../promql/evaluate/trace.js'
import { formatTime } from './format.js'

/**
 * The `stats` member of an answer as the Prometheus HTTP API has it: what was read and how long it took.
 * @param ms time of the evaluation
 */
export function statsJson(stats: QueryStats, ms: number, times: QueryTimes): string {
  const seconds = ms / 1000
  const timings = {
    evalTotalTime: seconds,
    resultSortTime: 0,
    queryPreparationTime: 0,
    innerEvalTime: seconds,
    execQueueTime: 0,
    execTotalTime: seconds,
  }
  const { totalSamples, peakSamples, samplesPerStep } = stats
  const samples = `"totalQueryableSamples":${totalSamples},"peakSamples":${peakSamples}`
  const perStep = samplesPerStep
    ? `,"totalQueryableSamplesPerStep":[${[...samplesPerStep].map((n, step) => `[${formatTime(times.startMs + step * times.stepMs)},${n}]`).join(',')}]`
    : ''
  return `{"timings":${JSON.stringify(timings)},"samples":{${samples}${perStep}}}`
}
