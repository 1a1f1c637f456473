import type { Expr } from '../../promql/ast.js'
import { parts } from '../../promql/evaluate/prepare.js'
import { metricHash } from '../../schemas/series/metric-hash.js'
import { splitVirtualName } from '../../schemas/windows/parts.js'

/** Reads metrics that it does not name. */
const READS_OTHERS = 'info'

/** Hashes of the metrics whose windows an expression reads; undefined if they can be any. */
export function metricsRead(expr: Expr): ReadonlySet<number> | undefined {
  const hashes = new Set<number>()
  const open = [expr]
  for (let one = open.pop(); one; one = open.pop()) {
    if (one.type === 'call' && one.func === READS_OTHERS) return undefined
    const selector = one.type === 'vector' ? one : one.type === 'matrix' ? one.vector : undefined
    if (selector) {
      const name = selector.matchers.find((matcher) => matcher.name === '__name__' && matcher.op === '=')
      if (!name) return undefined
      hashes.add(metricHash(name.value))
      const virtual = splitVirtualName(name.value)
      if (virtual) hashes.add(metricHash(virtual.metric))
    }
    open.push(...parts(one))
  }
  return hashes
}
