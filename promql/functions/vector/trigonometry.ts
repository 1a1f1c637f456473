import type { VectorFunction } from '../function.js'
import { eachFloat } from './each-float.js'

/** Angles are in radians. */
export const TRIGONOMETRIC_FUNCTIONS: Readonly<Record<string, VectorFunction>> = {
  sin: eachFloat(Math.sin),
  cos: eachFloat(Math.cos),
  tan: eachFloat(Math.tan),
  asin: eachFloat(Math.asin),
  acos: eachFloat(Math.acos),
  atan: eachFloat(Math.atan),
  sinh: eachFloat(Math.sinh),
  cosh: eachFloat(Math.cosh),
  tanh: eachFloat(Math.tanh),
  asinh: eachFloat(Math.asinh),
  acosh: eachFloat(Math.acosh),
  atanh: eachFloat(Math.atanh),
  rad: eachFloat((degrees) => (degrees * Math.PI) / 180),
  deg: eachFloat((radians) => (radians * 180) / Math.PI),
}
