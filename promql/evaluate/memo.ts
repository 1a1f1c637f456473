import type { Expr, VectorSelector } from '../ast.js'
import { formatExpr } from '../print/format.js'
import { parts } from './prepare.js'
import type { Evaluated } from './values.js'

/**
 * Nodes that are worth remembering: what costs nothing, or has no value at a step, is not. No two of them that stand
 * inside of one another have the same text.
 */
const REMEMBERED: ReadonlySet<Expr['type']> = new Set(['vector', 'call', 'aggregate', 'binary', 'unary'])

/** Results of parts that several queries of one grid have in common, each computed once. */
export class Memo {
  readonly #keys = new Map<Expr, string>()
  readonly #uses = new Map<string, number>()
  readonly #results = new Map<string, Promise<Evaluated>>()

  /** Notes the parts of a prepared query; a part that is known already is not looked into. */
  plan(expr: Expr, observing: ReadonlySet<VectorSelector>): void {
    const walk = (part: Expr, isGrouped: boolean): void => {
      // What an aggregation reads may be brought without the labels that it drops, so that it is nobody else's.
      if (REMEMBERED.has(part.type) && !isGrouped) {
        const key = keyOf(part, observing)
        const uses = this.#uses.get(key) ?? 0
        this.#uses.set(key, uses + 1)
        this.#keys.set(part, key)
        if (uses > 0) return
      }
      for (const inner of parts(part)) walk(inner, part.type === 'aggregate' && inner.type === 'vector')
    }
    // The inside of a subquery has a grid of its own.
    if (expr.type !== 'subquery') walk(expr, false)
  }

  /** The result of a part: what was computed for another query, or else what `compute` gives, kept if others want it. */
  async result(part: Expr, compute: () => Promise<Evaluated>): Promise<Evaluated> {
    const key = this.#keys.get(part)
    if (key === undefined || (this.#uses.get(key) ?? 0) < 2) return compute()
    let result = this.#results.get(key)
    if (!result) {
      result = compute()
      this.#results.set(key, result)
    }
    return result
  }
}

/** Texts of parts of prepared queries, which are evaluated again and again. */
const texts = new WeakMap<Expr, string>()

function keyOf(part: Expr, observing: ReadonlySet<VectorSelector>): string {
  let text = texts.get(part)
  if (text === undefined) {
    text = formatExpr(part) + (hasObserved(part, observing) ? '\0' : '')
    texts.set(part, text)
  }
  return text
}

function hasObserved(expr: Expr, observing: ReadonlySet<VectorSelector>): boolean {
  if (observing.size === 0) return false
  if (expr.type === 'vector') return observing.has(expr)
  if (expr.type === 'matrix') return observing.has(expr.vector)
  return parts(expr).some((part) => hasObserved(part, observing))
}
