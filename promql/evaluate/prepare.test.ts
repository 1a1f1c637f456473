import { describe, expect, test } from 'vitest'
import type { Expr } from '../ast.js'
import { parseExpr } from '../parse.js'
import { formatExpr } from '../print/format.js'
import { prepare } from './prepare.js'

const query = { startMs: 0, endMs: 600_000, stepMs: 60_000 }
const prepared = (text: string) => prepare(parseExpr(text), query, 50)

/** The texts of the parts that are evaluated once. */
function evaluatedOnce(text: string): string[] {
  const found: string[] = []
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    const { type, expr } = node as { type?: string; expr?: Expr }
    if (type === 'stepInvariant' && expr) found.push(formatExpr(expr))
    for (const part of Object.values(node)) walk(part)
  }
  walk(prepared(text))
  return found
}

describe('durations', () => {
  test('are resolved for the times of the query', () => {
    expect(prepared('rate(m[step() * 2 + 1])')).toMatchObject({ args: [{ rangeMs: 121_000 }] })
    expect(prepared('m offset -range()')).toMatchObject({ offsetMs: -600_000 })
    expect(prepared('m[1h:step()]')).toMatchObject({ stepMs: 60_000 })
  })

  test('must be lengths where a length is asked for', () => {
    expect(() => prepared('rate(m[step() - 60])')).toThrow('duration must be greater than 0')
    expect(() => prepared('rate(m[1 / (step() - 60)])')).toThrow('division by zero')
  })
})

test('the ends of the query are known', () => {
  expect(prepared('m @ end()')).toMatchObject({ expr: { at: { timeMs: 600_000 } } })
  expect(prepared('end() - start()')).toMatchObject({ expr: { left: { value: 600 }, right: { value: 0 } } })
})

describe('what is the same at every step', () => {
  test('is evaluated once, in the largest part', () => {
    expect(evaluatedOnce('sum(rate(m[5m] @ 0)) + m')).toEqual(['sum(rate(m[5m] @ 0.000))'])
  })

  test('is not what tells the evaluation time', () => {
    expect(evaluatedOnce('timestamp(m @ 0) + time()')).toEqual(['m @ 0.000'])
  })

  test('is found inside of subqueries, which have a grid of their own', () => {
    expect(evaluatedOnce('sum_over_time((m @ 0)[1h:1m])')).toEqual(['m @ 0.000'])
  })
})

test('a query that is nested too deep is refused', () => {
  expect(() => prepare(parseExpr(`${'-'.repeat(60)}m`), query, 50)).toThrow('the limit is 50')
})
