import type { Matcher } from '../../schemas/series/matcher.js'
import { compare, type LabelPredicate, type Labels, labelsText, matchersText } from './match/label-matchers.js'

/** A node of the tree that says who is told of which alerts, and when. */
export interface Route {
  /** Of its matchers and those above it: the same over restarts, and whatever else the configuration says. */
  key: string
  matchers: readonly Matcher[]
  matches: LabelPredicate
  receiver: string
  /** Labels whose values make a group; `all`: every label. */
  groupBy: readonly string[] | 'all'
  /** How long a new group waits for more alerts, ms. */
  groupWaitMs: number
  /** Time between two looks at a group, ms. */
  groupIntervalMs: number
  /** What was told and did not change is told again after this, ms. */
  repeatIntervalMs: number
  /** Names of time intervals in which nobody is told. */
  muteTimes: readonly string[]
  /** Names of time intervals outside of which nobody is told; empty: always. */
  activeTimes: readonly string[]
  /** True if further routes of the same level are tried too. */
  goesOn: boolean
  routes: readonly Route[]
}

/** The routes that an alert takes: in each branch the deepest that matches. */
export function routesOf(root: Route, labels: Labels): Route[] {
  if (!root.matches(labels)) return []
  const taken: Route[] = []
  for (const route of root.routes) {
    const below = routesOf(route, labels)
    taken.push(...below)
    if (below.length > 0 && !route.goesOn) break
  }
  return taken.length > 0 ? taken : [root]
}

/** Every route of a tree. */
export function allRoutes(root: Route): Route[] {
  return [root, ...root.routes.flatMap(allRoutes)]
}

/** The labels of an alert that make its group on a route. */
export function groupLabelsOf({ groupBy }: Route, labels: Labels): Labels {
  const names = Object.keys(labels).filter((name) => groupBy === 'all' || groupBy.includes(name))
  return Object.fromEntries(names.sort(compare).map((name) => [name, labels[name]]))
}

/** What tells a group from all others. */
export function groupKeyOf(route: Route, groupLabels: Labels): string {
  return `${route.key}:${labelsText(groupLabels)}`
}

/** The key of a route below `parent`. */
export function routeKey(parent: string | undefined, matchers: readonly Matcher[]): string {
  return parent === undefined ? matchersText(matchers) : `${parent}/${matchersText(matchers)}`
}
