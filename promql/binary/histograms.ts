import type { NativeHistogram } from '../../schemas/histogram.js'
import { type Annotations, INFO, WARNING } from '../annotations.js'
import type { Binary, BinaryOp } from '../ast.js'
import {
  addHistograms,
  type Combined,
  compactHistogram,
  divideHistogram,
  equalHistograms,
  scaleHistogram,
  subtractHistograms,
  trimLower,
  trimUpper,
} from '../histogram/index.js'

/** What an operator makes of two values of which at least one is a histogram. */
export interface HistogramOutcome {
  histogram: NativeHistogram
  /** False where a comparison does not hold. */
  holds: boolean
}

/** Applies the operator; undefined, and an annotation, where it has no meaning between these two. */
export function combineHistograms(
  { op, span }: Pick<Binary, 'op' | 'span'>,
  left: number | NativeHistogram,
  right: number | NativeHistogram,
  annotations: Annotations,
): HistogramOutcome | undefined {
  if (typeof left !== 'number' && typeof right !== 'number') {
    if (op === '==') return { histogram: left, holds: sameHistograms(left, right) }
    if (op === '!=') return { histogram: left, holds: !sameHistograms(left, right) }
    if (op === '+' || op === '-') {
      const combined = op === '+' ? addHistograms(left, right) : subtractHistograms(left, right)
      if (!combined) annotations.warn(WARNING.incompatibleBucketLayout(op), span)
      return combined && reported(combined, op, span, annotations)
    }
  }
  const histogram = withFloat(op, left, right)
  if (histogram) return { histogram: compactHistogram(histogram), holds: true }
  annotations.inform(INFO.incompatibleTypes(typeName(left), op, typeName(right)), span)
  return undefined
}

function withFloat(
  op: BinaryOp,
  left: number | NativeHistogram,
  right: number | NativeHistogram,
): NativeHistogram | undefined {
  if (typeof left === 'number') return op === '*' && typeof right !== 'number' ? scaleHistogram(right, left) : undefined
  if (typeof right !== 'number') return undefined
  if (op === '*') return scaleHistogram(left, right)
  if (op === '/') return divideHistogram(left, right)
  if (op === '</') return trimUpper(left, right)
  if (op === '>/') return trimLower(left, right)
  return undefined
}

function reported(
  { histogram, boundsReconciled, resetCollision }: Combined,
  op: '+' | '-',
  span: Binary['span'],
  annotations: Annotations,
): HistogramOutcome | undefined {
  const operation = op === '+' ? 'addition' : 'subtraction'
  if (resetCollision) {
    annotations.warn(WARNING.counterResetCollision(operation), span)
    return undefined
  }
  if (boundsReconciled) annotations.inform(INFO.mismatchedCustomBuckets(operation), span)
  return { histogram: compactHistogram(histogram), holds: true }
}

function sameHistograms(left: NativeHistogram, right: NativeHistogram): boolean {
  return equalHistograms(compactHistogram(left), compactHistogram(right))
}

const typeName = (value: number | NativeHistogram) => (typeof value === 'number' ? 'float' : 'histogram')
