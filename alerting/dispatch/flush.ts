import type { IncidentAlert } from '../../schemas/ports/incidents.js'

/** An alert as it is grouped and sent. */
export interface DispatchedAlert extends IncidentAlert {
  /** Where its origin can be looked at. */
  generatorUrl?: string
}

/** What a group of alerts has to say at a time: one notification to one receiver. */
export interface GroupFlush {
  /** Of the route and the group's labels: the same over restarts. */
  groupKey: string
  /** Labels that all its alerts share and were grouped by. */
  groupLabels: Readonly<Record<string, string>>
  /** Name of a receiver of the configuration. */
  receiver: string
  /**
   * - `first`: nothing was said of the group yet
   * - `changed`: alerts came or were resolved since
   * - `repeat`: nothing changed, but it is time to say it again
   * - `resolved`: none fires any more
   */
  reason: 'first' | 'changed' | 'repeat' | 'resolved'
  /** Firing ones, and those that were resolved since the last flush. Not empty. */
  alerts: readonly DispatchedAlert[]
  /** ms since epoch. */
  flushedMs: number
}
