import type { ChannelConfig } from '../../../schemas/config/channels.js'
import type { LabelPredicate } from '../match/label-matchers.js'
import type { Route } from '../route.js'
import type { TimeInterval } from '../time-interval.js'

/** Who is told: some channels at once. */
export interface Receiver {
  name: string
  /** Names of channels (`slack:#alerts`); none: nobody is told; undefined: those of the rule that fired. */
  channels?: readonly string[]
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
  /** Channels that only the file knows, by the names that receivers have for them. */
  channels: Readonly<Record<string, ChannelConfig>>
  /** What stands in the file and has no meaning here. */
  warnings: readonly string[]
  /** As it stands in the file. */
  text: string
}
