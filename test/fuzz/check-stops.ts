import { performance } from 'node:perf_hooks'
import type { QueryOptions } from '../../promql/engine.js'
import { countSamples } from '../../promql/evaluate/result.js'
import { chance, type Random, wholeUpTo } from '../promql-grammar/random-pick.js'
import { describeOutcome, type Outcome, sameOutcome } from './outcome.js'

/** Asks the same query under other options. */
type AskAgain = (change: Partial<QueryOptions>) => Promise<Outcome>

/**
 * Stops a query by a limit, a cancel signal or a deadline: it ends with the error that says so or with its whole answer,
 * and a limit is kept to the sample.
 * @returns what is wrong
 */
export async function checkStops(
  whole: Outcome,
  options: QueryOptions,
  ask: AskAgain,
  random: Random,
): Promise<string | undefined> {
  if (chance(random, 0.5)) return checkInterrupted(whole, ask, random)
  if (whole.type !== 'answer') return undefined
  const { limits } = options
  const peak = whole.result.stats.peakSamples
  const samples = countSamples(whole.result.value)
  const limited = (change: Partial<QueryOptions['limits']>) => ask({ limits: { ...limits, ...change } })
  return (
    expectSame(
      'a limit that it just keeps',
      whole,
      await limited({ querySamples: peak, queryResultSamples: samples }),
    ) ??
    (peak > 0 ? expectCode('TM_QUERY_SAMPLES', await limited({ querySamples: peak - 1 })) : undefined) ??
    (samples > 0 ? expectCode('TM_QUERY_RESULT', await limited({ queryResultSamples: samples - 1 })) : undefined)
  )
}

/** Cancelled, or out of time, at its n-th look at the clock. */
async function checkInterrupted(whole: Outcome, ask: AskAgain, random: Random): Promise<string | undefined> {
  const looks = wholeUpTo(random, 12)
  const cancels = chance(random, 0.5)
  const controller = new AbortController()
  let looked = 0
  const now = () => {
    if (looked++ < looks) return performance.now()
    if (cancels) controller.abort()
    return performance.now() + (cancels ? 0 : 1e9)
  }
  const stopped = await ask({ now, signal: controller.signal, timeoutMs: 1_000_000 })
  const code = cancels ? 'TM_QUERY_CANCELLED' : 'TM_QUERY_TIME'
  if (stopped.type === 'refusal' && stopped.code === code) return undefined
  return expectSame(`${code} at the ${looks}. look at the clock`, whole, stopped)
}

function expectSame(cause: string, whole: Outcome, found: Outcome): string | undefined {
  if (sameOutcome(whole, found)) return undefined
  return `with ${cause} it gives ${describeOutcome(found)} instead of ${describeOutcome(whole)}`
}

function expectCode(code: string, found: Outcome): string | undefined {
  if (found.type === 'refusal' && found.code === code) return undefined
  return `one sample over the limit it gives ${describeOutcome(found)} instead of ${code}`
}
