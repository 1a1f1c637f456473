import type { VectorFunction } from '../function.js'
import { CONVERSION_FUNCTIONS } from './convert.js'
import { DATE_FUNCTIONS } from './dates.js'
import { joinInfo } from './info.js'
import { LABEL_FUNCTIONS } from './labels.js'
import { MATH_FUNCTIONS } from './math.js'
import { ORDER_FUNCTIONS } from './order.js'
import { TIME_FUNCTIONS } from './times.js'
import { TRIGONOMETRIC_FUNCTIONS } from './trigonometry.js'

/** Every function of instant vectors, scalars and strings but those of histograms (semantics of Prometheus 3.14). */
export const VECTOR_FUNCTIONS: Readonly<Record<string, VectorFunction>> = {
  ...MATH_FUNCTIONS,
  ...TRIGONOMETRIC_FUNCTIONS,
  ...DATE_FUNCTIONS,
  ...TIME_FUNCTIONS,
  ...CONVERSION_FUNCTIONS,
  ...LABEL_FUNCTIONS,
  ...ORDER_FUNCTIONS,
  info: joinInfo,
}
