import type { Expr, VectorSelector } from '../../promql/ast.js'
import { formatExpr } from '../../promql/print/format.js'
import type { GroupFlush } from '../dispatch/flush.js'
import { firingAlerts, firstOf } from './group-facts.js'
import type { IncidentPolicy } from './policy.js'

/**
 * A query that counts the hosts that a group could fire on: those of the first selector of its rule, in its service and
 * region.
 * @returns undefined if no alert of the group names a host
 */
export function hostsQuery(
  expr: Expr,
  { alerts, groupLabels }: Pick<GroupFlush, 'alerts' | 'groupLabels'>,
  { hostLabels, serviceLabels, regionLabels }: Pick<IncidentPolicy, 'hostLabels' | 'serviceLabels' | 'regionLabels'>,
): string | undefined {
  const hosted = firingAlerts(alerts).find(({ labels }) => firstOf(labels, hostLabels) !== undefined)
  const host = hostLabels.find((name) => hosted?.labels[name])
  const selector = firstSelector(expr)
  if (host === undefined || !selector) return undefined
  const within = [...serviceLabels, ...regionLabels].filter((name) => groupLabels[name])
  const matchers = [
    ...selector.matchers.filter(({ name }) => !within.includes(name)),
    ...within.map((name) => ({ name, op: '=' as const, value: groupLabels[name] })),
  ]
  const { name, type, span } = selector
  return `count(count by (${host}) (${formatExpr({ name, type, span, matchers, offsetMs: 0 })}))`
}

function firstSelector(node: unknown): VectorSelector | undefined {
  if (typeof node !== 'object' || node === null) return undefined
  if ((node as Expr).type === 'vector') return node as VectorSelector
  for (const part of Object.values(node)) {
    const found = firstSelector(part)
    if (found) return found
  }
  return undefined
}
