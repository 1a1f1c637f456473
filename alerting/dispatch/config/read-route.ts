import { parseDuration } from '../../../schemas/config/duration.js'
import { labelPredicate } from '../match/label-matchers.js'
import { type Route, routeKey } from '../route.js'
import { readMatchers } from './read-matchers.js'
import type { RouteText } from './schema.js'

/** What a route inherits from the one above it. */
type Inherited = Pick<Route, 'receiver' | 'groupBy' | 'groupWaitMs' | 'groupIntervalMs' | 'repeatIntervalMs'>

const DEFAULTS: Inherited = {
  receiver: '',
  groupBy: [],
  groupWaitMs: 30_000,
  groupIntervalMs: 300_000,
  repeatIntervalMs: 14_400_000,
}

/** Reads the tree of routes. @throws Error that says what is wrong with which of them */
export function readRoute(text: RouteText): Route {
  if (!text.receiver) throw new Error('the root names no receiver')
  if (text.match || text.match_re || text.matchers?.length)
    throw new Error('the root must take every alert: it has matchers')
  if (text.continue === 'true') throw new Error('the root cannot go on: there is nothing beside it')
  if (text.mute_time_intervals?.length || text.active_time_intervals?.length) {
    throw new Error('the root must take every alert at any time: it has time intervals')
  }
  return readNode(text, DEFAULTS, undefined)
}

function readNode(text: RouteText, above: Inherited, parentKey: string | undefined): Route {
  const matchers = readMatchers({ equal: text.match, regex: text.match_re, texts: text.matchers })
  const key = routeKey(parentKey, matchers)
  const own: Inherited = {
    receiver: text.receiver || above.receiver,
    groupBy: text.group_by ? readGroupBy(text.group_by, key) : above.groupBy,
    groupWaitMs: durationOf(text.group_wait, above.groupWaitMs),
    groupIntervalMs: positive(text.group_interval, above.groupIntervalMs, `${key}: group_interval`),
    repeatIntervalMs: positive(text.repeat_interval, above.repeatIntervalMs, `${key}: repeat_interval`),
  }
  return {
    ...own,
    key,
    matchers,
    matches: labelPredicate(matchers),
    muteTimes: text.mute_time_intervals ?? [],
    activeTimes: text.active_time_intervals ?? [],
    goesOn: text.continue === 'true',
    routes: (text.routes ?? []).map((route) => readNode(route, own, key)),
  }
}

function readGroupBy(names: readonly string[], key: string): Route['groupBy'] {
  if (names.includes('...')) {
    if (names.length === 1) return 'all'
    throw new Error(`${key}: group_by has "..." and other labels at once`)
  }
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined) throw new Error(`${key}: group_by has "${twice}" twice`)
  if (names.includes('')) throw new Error(`${key}: group_by has a label without a name`)
  return names
}

function positive(text: string | undefined, inherited: number, where: string): number {
  const ms = durationOf(text, inherited)
  if (ms > 0) return ms
  throw new Error(`${where} is 0`)
}

function durationOf(text: string | undefined, inherited: number): number {
  return text === undefined ? inherited : parseDuration(text)
}
