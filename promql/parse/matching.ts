import type { VectorMatching } from '../ast.js'
import type { Cursor } from './cursor.js'
import { numberLiteral, stringValue } from './literal.js'
import { isPlainLabel } from './token.js'

/** What may stand between a binary operator and its right operand. */
export interface BinaryModifiers {
  returnBool: boolean
  matching: VectorMatching
}

/** Reads `bool`, `on`, `ignoring`, `group_left`, `group_right` and the fill modifiers. @throws TM_QUERY_SYNTAX */
export function readBinaryModifiers(cursor: Cursor): BinaryModifiers {
  const returnBool = cursor.accept('bool') !== undefined
  const matching: VectorMatching = { cardinality: 'one-to-one', labels: [], on: false, include: [] }
  if (cursor.is('on') || cursor.is('ignoring')) {
    matching.on = cursor.take().word === 'on'
    matching.labels = readGroupingLabels(cursor)
    if (cursor.is('group_left') || cursor.is('group_right')) {
      matching.cardinality = cursor.take().word === 'group_left' ? 'many-to-one' : 'one-to-many'
      if (cursor.is('(')) matching.include = readGroupingLabels(cursor)
    }
  }
  const fill = readFill(cursor)
  if (fill) matching.fill = fill
  return { returnBool, matching }
}

function readFill(cursor: Cursor): VectorMatching['fill'] {
  if (isKeyword(cursor, 'fill')) {
    cursor.take()
    const value = readFillValue(cursor)
    return { left: value, right: value }
  }
  const fill: { left?: number; right?: number } = {}
  for (let i = 0; i < 2; i++) {
    if (fill.left === undefined && isKeyword(cursor, 'fill_left')) {
      cursor.take()
      fill.left = readFillValue(cursor)
    } else if (fill.right === undefined && isKeyword(cursor, 'fill_right')) {
      cursor.take()
      fill.right = readFillValue(cursor)
    }
  }
  return fill.left === undefined && fill.right === undefined ? undefined : fill
}

function isKeyword(cursor: Cursor, word: string): boolean {
  return cursor.is(word) && cursor.isType('keyword')
}

function readFillValue(cursor: Cursor): number {
  cursor.expect('(', 'fill modifier', '"("')
  const negative = cursor.accept('-') !== undefined
  if (!negative) cursor.accept('+')
  if (!cursor.isType('number', 'duration')) cursor.fail('fill modifier', 'number')
  const { value } = numberLiteral(cursor.take())
  cursor.expect(')', 'fill modifier', '")"')
  return negative ? -value : value
}

/** Reads `(label, "quoted label", ...)`. Words of the language are labels here. @throws TM_QUERY_SYNTAX */
export function readGroupingLabels(cursor: Cursor): string[] {
  const labels: string[] = []
  cursor.expect('(', 'grouping opts', '"("')
  while (!cursor.accept(')')) {
    labels.push(readLabel(cursor))
    if (!cursor.accept(',') && !cursor.is(')')) cursor.fail('grouping opts', '"," or ")"')
  }
  return labels
}

function readLabel(cursor: Cursor): string {
  const { from, to, type } = cursor.peek()
  if (type === 'string') return stringValue(cursor.take())
  const label = cursor.text.slice(from, to)
  // Unlike the labels in braces these may have the form of a metric name.
  if (type === 'number' || !isPlainLabel(label.replaceAll(':', '_'))) cursor.fail('grouping opts', 'label')
  cursor.take()
  return label
}
