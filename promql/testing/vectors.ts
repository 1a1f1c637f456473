import fc from 'fast-check'
import type { NativeHistogram } from '../../schemas/histogram.js'
import { Annotations } from '../annotations.js'
import type { Aggregate, AggregateOp, Binary, BinaryOp, Expr, VectorMatching } from '../ast.js'
import type { EvalContext } from '../evaluate/context.js'
import { ABSENT, FLOAT, StepSeries } from '../evaluate/values.js'
import { formatLabels } from '../labels.js'

/** What stands at a step; undefined for nothing. */
export type Sample = number | NativeHistogram | undefined

/** A series of `{ __name__: 'up', job: 'api' }` with these samples, one a step. */
export function series(labels: Record<string, string>, samples: readonly Sample[], dropName = false): StepSeries {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
  const result = new StepSeries(sorted, samples.length, dropName)
  for (const [step, sample] of samples.entries()) {
    if (typeof sample === 'number') result.setFloat(step, sample)
    else if (sample) result.setHistogram(step, sample)
  }
  return result
}

/** A histogram of so many observations, all in one bucket. */
export function oneBucket(count: number, counterReset: NativeHistogram['counterReset'] = 'gauge'): NativeHistogram {
  const none = { index: [], count: [] }
  const positive = { index: [0], count: [count] }
  return { schema: 0, zeroThreshold: 0, zeroCount: 0, count, sum: count, positive, negative: none, counterReset }
}

/** The samples of each series by its labels as text. */
export function table(all: readonly StepSeries[]): Record<string, Sample[]> {
  return Object.fromEntries(all.map((one) => [formatLabels(one.labels), samplesOf(one)]))
}

/** As `table`, at one step, without the series that have nothing there. */
export function tableAt(all: readonly StepSeries[], step: number): Record<string, Sample> {
  const rows = all.filter(({ present }) => present[step] !== ABSENT)
  return Object.fromEntries(rows.map((one) => [formatLabels(one.labels), samplesOf(one)[step]]))
}

/** What stands at one step, as a vector of one step. */
export function atStep(all: readonly StepSeries[], step: number): StepSeries[] {
  return all
    .filter(({ present }) => present[step] !== ABSENT)
    .map(({ labels, dropName, ...one }) => series(Object.fromEntries(labels), [samplesOf(one)[step]], dropName))
}

function samplesOf({ present, value, histogram }: Pick<StepSeries, 'present' | 'value' | 'histogram'>): Sample[] {
  return Array.from(present, (kind, step) =>
    kind === ABSENT ? undefined : kind === FLOAT ? value[step] : histogram?.[step],
  )
}

/** A context of so many steps that asks no source. */
export function contextOf(steps: number): EvalContext {
  const grid = { startMs: 0, stepMs: steps > 1 ? 60_000 : 0, steps }
  const nothing = async () => []
  return {
    grid,
    query: { ...grid, endMs: (steps - 1) * grid.stepMs },
    annotations: new Annotations(),
    selectVector: nothing,
    selectTimes: nothing,
    spend: async () => undefined,
    pace: async () => undefined,
  }
}

const span = { from: 0, to: 0 }
const operand: Expr = { type: 'vector', matchers: [], offsetMs: 0, span }

export function aggregateOf(op: AggregateOp, by: Partial<Pick<Aggregate, 'labels' | 'without'>> = {}): Aggregate {
  return { type: 'aggregate', op, expr: operand, labels: [], without: false, ...by, span }
}

export function binaryOf(op: BinaryOp, matching: Partial<VectorMatching> = {}, returnBool = false): Binary {
  const isSet = op === 'and' || op === 'or' || op === 'unless'
  const cardinality = isSet ? 'many-to-many' : 'one-to-one'
  const whole: VectorMatching = { cardinality, labels: [], on: false, include: [], ...matching }
  return { type: 'binary', op, left: operand, right: operand, returnBool, matching: whole, span }
}

/** Vectors of a few series with distinct labels a and b of one metric, small whole values and gaps. */
export function anyVector(name: string, steps: number): fc.Arbitrary<StepSeries[]> {
  const sample = fc.option(fc.integer({ min: -5, max: 5 }), { nil: undefined })
  const one = fc.record({
    a: fc.constantFrom('1', '2', '3'),
    b: fc.constantFrom('1', '2', '3'),
    samples: fc.array(sample, { minLength: steps, maxLength: steps }),
  })
  return fc
    .uniqueArray(one, { maxLength: 7, selector: ({ a, b }) => a + b })
    .map((all) => all.map(({ a, b, samples }) => series({ __name__: name, a, b }, samples)))
}
