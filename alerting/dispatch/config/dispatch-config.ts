import type { LabelPredicate } from '../match/label-matchers.js'
import type { Route } from '../route.js'
import type { TimeInterval } from '../time-interval.js'

/** A way to reach someone, by its name (`slack:#alerts`). */
export interface ReceiverChannel {
  channel: string
  /** True if it is told of what was resolved too. */
  sendResolved: boolean
}

/** Who is told: some channels at once. */
export interface Receiver {
  name: string
  /** Empty: those of the rule that fired. */
  channels: readonly ReceiverChannel[]
}

/** Alerts that a source matches mute those that a target matches, where the labels of `equal` are the same. */
export interface InhibitRule {
  name: string
  isSource: LabelPredicate
  isTarget: LabelPredicate
  equal: readonly string[]
}

/** Who is told of which alerts, when, and what mutes what. */
export interface DispatchConfig {
  /** An alert that names no end is resolved so long after it was last heard of, ms. */
  resolveTimeoutMs: number
  route: Route
  receivers: readonly Receiver[]
  inhibitRules: readonly InhibitRule[]
  timeIntervals: ReadonlyMap<string, readonly TimeInterval[]>
  /** As it stands in the file. */
  text: string
}
