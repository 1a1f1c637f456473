import { parser } from '@prometheus-io/lezer-promql'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Expr } from '../../promql/ast.js'
import { parseExpr } from '../../promql/parse.js'
import { formatExpr, prettyExpr } from '../../promql/print/format.js'
import { seededRandom } from '../random.js'
import { randomExpr, type Vocabulary } from './random-expr.js'

const VOCABULARY = {
  metrics: ['up', 'http_requests_total', 'job:rate:sum', 'sum', 'offset', 'http.größe'],
  labels: ['job', 'instance', 'on', 'service.name'],
  values: ['a', 'b.c', '', 'with "quotes"'],
  depth: 4,
}

function law(sentence: string, check: (expr: Expr) => void, vocabulary: Vocabulary = VOCABULARY): void {
  test(sentence, () => {
    fc.assert(
      fc.property(fc.integer({ min: 0 }), (seed) => check(randomExpr(seededRandom(seed), vocabulary))),
      { numRuns: 2000 },
    )
  })
}

describe('of any expression', () => {
  law('the printed text parses to the same expression', (expr) => {
    expect(withoutSpans(parseExpr(formatExpr(expr)))).toEqual(withoutSpans(expr))
  })

  law('the text split into lines parses to the same expression', (expr) => {
    expect(withoutSpans(parseExpr(prettyExpr(expr)))).toEqual(withoutSpans(expr))
  })

  // Its grammar takes `offset` for nothing but the keyword, and knows min_of and max_of in durations only.
  const understood = (expr: Expr) => {
    const text = formatExpr(expr)
    if (!/\b(min|max)_of\(/.test(text)) expectUnderstood(text)
  }
  law("the printed text is understood by Prometheus's own editor", understood, {
    ...VOCABULARY,
    metrics: VOCABULARY.metrics.filter((metric) => metric !== 'offset'),
  })
})

function expectUnderstood(text: string): void {
  const errors: number[] = []
  parser.parse(text).iterate({
    enter(node) {
      if (node.type.isError) errors.push(node.from)
    },
  })
  expect(errors, text).toEqual([])
}

function withoutSpans(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSpans)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'span')
      .map(([key, inner]) => [key, withoutSpans(inner)]),
  )
}
