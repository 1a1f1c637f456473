import type { VectorMatching } from '../ast.js'
import type { EvalContext } from '../evaluate/context.js'
import { ABSENT, type StepSeries } from '../evaluate/values.js'
import { dropLabels, keepLabels, type LabelSet, labelsKey, METRIC_NAME } from '../labels.js'
import { LABELS_WORK, Pace } from '../pace.js'
import type { Claims } from './combine.js'

/** The series of both sides whose matching labels are the same. */
export class MatchGroup {
  readonly labels: LabelSet
  readonly left: StepSeries[] = []
  readonly right: StepSeries[] = []
  /** What keeps pairs of this group from meeting at a step. */
  readonly claims: Claims[] = []
  readonly steps: number
  #leftSteps: Uint8Array | undefined
  #rightSteps: Uint8Array | undefined

  constructor(labels: LabelSet, steps: number) {
    this.labels = labels
    this.steps = steps
  }

  /** 1 at each step where some left series has something. */
  get leftSteps(): Uint8Array {
    this.#leftSteps ??= unionOf(this.left, this.steps)
    return this.#leftSteps
  }

  /** 1 at each step where some right series has something. */
  get rightSteps(): Uint8Array {
    this.#rightSteps ??= unionOf(this.right, this.steps)
    return this.#rightSteps
  }
}

/** Two vectors, matched. */
export interface Matches {
  /** In order of first sight, left side first. */
  groups: MatchGroup[]
  /** The group of each left series. */
  ofLeft: MatchGroup[]
  /** The group of each right series. */
  ofRight: MatchGroup[]
}

/** Finds partners by the labels of `on`, or by all but those of `ignoring` and the metric name. */
export async function matchSeries(
  { on, labels }: Pick<VectorMatching, 'on' | 'labels'>,
  left: readonly StepSeries[],
  right: readonly StepSeries[],
  context: EvalContext,
): Promise<Matches> {
  const groups = new Map<string, MatchGroup>()
  const names = new Set(on ? labels : [...labels, METRIC_NAME])
  const pace = new Pace(context)
  const groupsOf = async (side: readonly StepSeries[]) => {
    const found: MatchGroup[] = []
    for (const series of side) {
      if (pace.owes(LABELS_WORK)) await pace.settle()
      const matched = on ? keepLabels(series.labels, names) : dropLabels(series.labels, names)
      const key = labelsKey(matched)
      const group = groups.get(key) ?? new MatchGroup(matched, context.grid.steps)
      groups.set(key, group)
      found.push(group)
    }
    return found
  }
  const ofLeft = await groupsOf(left)
  const ofRight = await groupsOf(right)
  for (const [i, group] of ofLeft.entries()) group.left.push(left[i])
  for (const [i, group] of ofRight.entries()) group.right.push(right[i])
  return { groups: [...groups.values()], ofLeft, ofRight }
}

/** 1 at each step where at least one of the series has something. */
export function unionOf(series: readonly StepSeries[], steps: number): Uint8Array {
  const union = new Uint8Array(steps)
  for (const { present } of series) {
    for (let step = 0; step < steps; step++) if (present[step] !== ABSENT) union[step] = 1
  }
  return union
}
