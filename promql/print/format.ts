import type { Aggregate, Binary, Expr, MatrixSelector, Subquery, TimeModifiers, VectorSelector } from '../ast.js'
import { isPlainLabel } from '../parse/token.js'
import { formatDurationExpr } from './duration-expr.js'
import { formatDurationMs, formatNumber } from './number.js'
import { quoteString } from './quote.js'

/** Bytes of an expression that still stand on one line. */
const LINE = 100

/** The canonical text of an expression on one line, as Prometheus writes it. It parses to the same expression. */
export function formatExpr(expr: Expr): string {
  switch (expr.type) {
    case 'number':
      return expr.duration ? formatDurationMs(Math.round(expr.value * 1000)) : formatNumber(expr.value)
    case 'string':
      return quoteString(expr.value)
    case 'vector':
      return formatVector(expr)
    case 'matrix':
      return formatMatrix(expr)
    case 'subquery':
      return formatExpr(expr.expr) + subquerySuffix(expr)
    case 'call':
      return `${expr.func}(${expr.args.map(formatExpr).join(', ')})`
    case 'aggregate':
      return `${aggregateHead(expr)}(${expr.param ? `${formatExpr(expr.param)}, ` : ''}${formatExpr(expr.expr)})`
    case 'binary':
      return `${formatExpr(expr.left)} ${binaryHead(expr)} ${formatExpr(expr.right)}`
    case 'unary':
      return expr.op + formatExpr(expr.expr)
    case 'paren':
      return `(${formatExpr(expr.expr)})`
    case 'stepInvariant':
      return formatExpr(expr.expr)
  }
}

/** An expression as `/api/v1/format_query` answers it: what is too long for a line is split, two blanks a level. */
export function prettyExpr(expr: Expr): string {
  return pretty(expr, 0)
}

function pretty(expr: Expr, level: number): string {
  const indent = '  '.repeat(level)
  if (expr.type === 'stepInvariant') return pretty(expr.expr, level)
  if (expr.type === 'unary') return indent + expr.op + pretty(expr.expr, level).trim()
  const line = formatExpr(expr)
  const fits = Buffer.byteLength(line) <= LINE
  // As Prometheus has it: a subquery that fits is never indented.
  if (expr.type === 'subquery') return fits ? line : pretty(expr.expr, level) + subquerySuffix(expr)
  if (fits) return indent + line
  switch (expr.type) {
    case 'aggregate': {
      const operands = expr.param ? [expr.param, expr.expr] : [expr.expr]
      return `${indent}${aggregateHead(expr)}(\n${prettyList(operands, level + 1)}\n${indent})`
    }
    case 'binary':
      return `${pretty(expr.left, level + 1)}\n${indent}${binaryHead(expr)}\n${pretty(expr.right, level + 1)}`
    case 'call':
      return `${indent}${expr.func}(\n${prettyList(expr.args, level + 1)}\n${indent})`
    case 'paren':
      return `${indent}(\n${pretty(expr.expr, level + 1)}\n${indent})`
    default:
      return indent + line
  }
}

function prettyList(exprs: readonly Expr[], level: number): string {
  return exprs.map((expr) => pretty(expr, level)).join(',\n')
}

/** Name and grouping of an aggregation: `sum by (job) `. */
function aggregateHead({ op, labels, without }: Aggregate): string {
  if (without) return `${op} without (${formatLabels(labels)}) `
  return labels.length > 0 ? `${op} by (${formatLabels(labels)}) ` : op
}

/** Operator and modifiers of a binary expression: `== bool on (job)`. */
function binaryHead({ op, returnBool, matching }: Binary): string {
  let head = returnBool ? `${op} bool` : op
  if (!matching) return head
  const { cardinality, labels, on, include, fill } = matching
  const grouped = cardinality === 'many-to-one' || cardinality === 'one-to-many'
  if (labels.length > 0 || on || grouped) head += ` ${on ? 'on' : 'ignoring'} (${formatLabels(labels)})`
  if (grouped) head += ` group_${cardinality === 'many-to-one' ? 'left' : 'right'} (${formatLabels(include)})`
  if (!fill) return head
  if (Object.is(fill.left, fill.right)) return `${head} fill (${formatNumber(fill.left!)})`
  if (fill.left !== undefined) head += ` fill_left (${formatNumber(fill.left)})`
  if (fill.right !== undefined) head += ` fill_right (${formatNumber(fill.right)})`
  return head
}

/** What follows the expression of a subquery: `[1h:5m] @ 12.000 offset 1m`. */
function subquerySuffix(subquery: Subquery): string {
  const { rangeMs, rangeExpr, stepMs, stepExpr } = subquery
  const range = rangeExpr ? formatDurationExpr(rangeExpr) : formatDurationMs(rangeMs)
  const step = stepExpr ? formatDurationExpr(stepExpr) : stepMs === 0 ? '' : formatDurationMs(stepMs)
  return `[${range}:${step}]${formatAt(subquery)}${formatOffset(subquery)}`
}

function formatMatrix({ vector, rangeMs, rangeExpr }: MatrixSelector): string {
  const range = rangeExpr ? formatDurationExpr(rangeExpr) : formatDurationMs(rangeMs)
  return `${formatSeries(vector)}[${range}]${formatExtent(vector)}${formatAt(vector)}${formatOffset(vector)}`
}

function formatVector(vector: VectorSelector): string {
  return formatSeries(vector) + formatAt(vector) + formatExtent(vector) + formatOffset(vector)
}

function formatSeries({ name, matchers }: VectorSelector): string {
  const texts = matchers
    .filter((matcher) => !(matcher.name === '__name__' && matcher.op === '=' && matcher.value === name))
    .map((matcher) => formatLabel(matcher.name) + matcher.op + quoteString(matcher.value))
  return (name ?? '') + (texts.length > 0 || name === undefined ? `{${texts.sort().join(',')}}` : '')
}

function formatAt({ at }: TimeModifiers): string {
  if (!at) return ''
  return 'timeMs' in at ? ` @ ${(at.timeMs / 1000).toFixed(3)}` : ` @ ${at.preprocessor}()`
}

function formatExtent({ extent }: VectorSelector): string {
  return extent ? ` ${extent}` : ''
}

function formatOffset({ offsetMs, offsetExpr }: TimeModifiers): string {
  if (offsetExpr) {
    const text = formatDurationExpr(offsetExpr)
    // Without parentheses the first operator would end the offset.
    const isBare = offsetExpr.type === 'binary' && offsetExpr.op !== 'min' && offsetExpr.op !== 'max'
    return ` offset ${isBare ? `(${text})` : text}`
  }
  return offsetMs === 0 ? '' : ` offset ${formatDurationMs(offsetMs)}`
}

function formatLabels(labels: readonly string[]): string {
  return labels.map(formatLabel).join(', ')
}

function formatLabel(name: string): string {
  return isPlainLabel(name) ? name : quoteString(name)
}
