import type { Expr, VectorSelector } from '../../promql/ast.js'
import { formatExpr } from '../../promql/print/format.js'
import { oneOf } from '../../schemas/series/matcher.js'
import type { Given } from '../ask.js'
import type { GroupFlush } from '../dispatch/flush.js'
import { firingAlerts, firstOf } from './group-facts.js'
import type { IncidentPolicy } from './policy.js'

/** A group whose hosts are counted. */
type CountedGroup = Pick<GroupFlush, 'alerts' | 'groupLabels' | 'flushedMs'>

/** What the hosts of groups are counted with. */
export interface HostCounterParts {
  /** Expression of the rule whose alerts have this name. */
  exprOf(alertname: string): Expr | undefined
  /** What a query gives at a time, ms. */
  ask(query: string, timeMs: number): Promise<readonly Given[]>
  labels: Pick<IncidentPolicy, 'hostLabels' | 'serviceLabels' | 'regionLabels'>
}

/** A question that a group shares with others, and how its own part of the answer is told from theirs. */
interface Counting {
  /** Of the question: the same for groups that can be asked about together. */
  key: string
  selector: VectorSelector
  /** Label that names a host. */
  host: string
  /** Labels of the group within which hosts are counted, by name. */
  within: readonly (readonly [name: string, value: string])[]
  timeMs: number
}

interface Waiting extends Counting {
  resolve(hosts: number | undefined): void
  reject(thrown: unknown): void
}

/**
 * Counts the hosts that groups could fire on: those of the first selector of their rule, in their service and region.
 * Groups of a rule that are asked about at the same time are one question.
 */
export class HostCounter {
  readonly #parts: HostCounterParts
  #waiting: Waiting[] = []

  constructor(parts: HostCounterParts) {
    this.#parts = parts
  }

  /** @returns undefined if no alert of the group names a host, or none is known @throws what asking does */
  count(group: CountedGroup): Promise<number | undefined> {
    const counting = this.#countingOf(group)
    if (!counting) return Promise.resolve(undefined)
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#askAll())
      this.#waiting.push({ ...counting, resolve, reject })
    })
  }

  #countingOf({ alerts, groupLabels, flushedMs }: CountedGroup): Counting | undefined {
    const { hostLabels, serviceLabels, regionLabels } = this.#parts.labels
    const hosted = firingAlerts(alerts).find(({ labels }) => firstOf(labels, hostLabels) !== undefined)
    const host = hostLabels.find((name) => hosted?.labels[name])
    const expr = this.#parts.exprOf(groupLabels.alertname)
    const selector = expr && firstSelector(expr)
    if (host === undefined || !selector) return undefined
    const names = [...serviceLabels, ...regionLabels].filter((name) => groupLabels[name])
    const within = names.map((name) => [name, groupLabels[name]] as const)
    const key = JSON.stringify([groupLabels.alertname, host, names, flushedMs])
    return { key, selector, host, within, timeMs: flushedMs }
  }

  #askAll(): void {
    const questions = new Map<string, Waiting[]>()
    for (const one of this.#waiting) questions.set(one.key, [...(questions.get(one.key) ?? []), one])
    this.#waiting = []
    for (const together of questions.values()) void this.#ask(together)
  }

  async #ask(together: readonly Waiting[]): Promise<void> {
    try {
      const given = await this.#parts.ask(hostsQuery(together), together[0].timeMs)
      const hosts = new Map(given.map(({ labels, value }) => [placeOf(Object.fromEntries(labels), together[0]), value]))
      for (const one of together) one.resolve(hosts.get(placeOf(Object.fromEntries(one.within), one)))
    } catch (thrown) {
      for (const { reject } of together) reject(thrown)
    }
  }
}

/** A query for the hosts of groups, a sample for each. They have the same labels, with other values. */
function hostsQuery(groups: readonly Counting[]): string {
  const [{ selector, host, within }] = groups
  const names = within.map(([name]) => name)
  const matchers = [
    ...selector.matchers.filter(({ name }) => !names.includes(name)),
    ...names.map((name, i) => oneOf(name, [...new Set(groups.map((group) => group.within[i][1]))])),
  ]
  const { name, type, span } = selector
  const hosts = `count by (${[host, ...names].join(', ')}) (${formatExpr({ name, type, span, matchers, offsetMs: 0 })})`
  return `count by (${names.join(', ')}) (${hosts})`
}

/** What tells a group from those that it is asked about with. */
function placeOf(labels: Readonly<Record<string, string>>, { within }: Pick<Counting, 'within'>): string {
  return JSON.stringify(within.map(([name]) => labels[name]))
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
