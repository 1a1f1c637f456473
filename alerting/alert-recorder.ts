import { type LabelSet, labelValue } from '../promql/labels.js'
import type { ActiveAlert, RuleStatus } from '../schemas/ports/rules.js'
import { alertSeries } from './alert-series.js'
import { groupId } from './evaluate.js'
import type { JudgedGroup } from './judging.js'
import { type RecordedSeries, type StoredPoint, seriesOfPoints, staleMarkers } from './record.js'

/** What alerts are recorded with. */
export interface AlertRecorderParts {
  /** Stores points like anyone's; rejects if they are not stored. */
  write: (points: readonly StoredPoint[]) => Promise<void>
  /** Windows wait so long for their points, ms: a rule is judged so long after its time. */
  latenessMs: number
  clock: () => number
}

/** What is recorded of a group, and which series are open then. */
interface Recording {
  points: readonly StoredPoint[]
  open: RecordedSeries
}

/**
 * Records the alerts of judged rules as the series `ALERTS` and `ALERTS_FOR_STATE`, and ends them with their alerts.
 *
 * A rule is judged at a time once the windows up to it are closed, so a point of that time would be late. What came of it
 * is a point of the moment from which it can be known: the lateness after that time, whoever judges it and whenever.
 */
export class AlertRecorder {
  readonly #parts: AlertRecorderParts
  /** Series that were written and not ended yet, by the id of their group. */
  readonly #open = new Map<string, RecordedSeries>()

  constructor(parts: AlertRecorderParts) {
    this.#parts = parts
  }

  /** Rejects if points are not taken: what has ended is told with the next ones. */
  async record(judged: readonly JudgedGroup[]): Promise<void> {
    const recordings = judged.map((group) => [groupId(group.status), this.#recordingOf(group)] as const)
    const points = recordings.flatMap(([, recording]) => recording.points)
    if (points.length > 0) await this.#parts.write(points)
    for (const [id, { open }] of recordings) {
      if (open.size > 0) this.#open.set(id, open)
      else this.#open.delete(id)
    }
  }

  #recordingOf({ before, status, isGone }: JudgedGroup): Recording {
    const { rules } = status
    // Of one that could not be judged nothing new is known.
    const judged = isGone ? rules : rules.filter(({ health }) => health !== 'err')
    const timeMs = this.#timeOf(judged, isGone)
    const points = judged.flatMap(({ labels, alerts }) => alertSeries(labels, alerts, timeMs))
    const open = seriesOfPoints(points)
    // Another process may have written what there was before.
    const known = new Map([...knownSeries(before, rules), ...(this.#open.get(groupId(status)) ?? [])])
    const names = new Set(judged.map(({ alert }) => alert))
    const ended = staleMarkers(withNames(known, names, true), open, timeMs)
    return { points: [...points, ...ended], open: new Map([...withNames(known, names, false), ...open]) }
  }

  #timeOf(rules: readonly RuleStatus[], isGone = false): number {
    const { latenessMs, clock } = this.#parts
    return isGone ? clock() : Math.max(0, ...rules.map(({ judgedMs = 0 }) => judgedMs)) + latenessMs
  }
}

function knownSeries(alerts: readonly ActiveAlert[], rules: readonly RuleStatus[]): RecordedSeries {
  const points = alerts.flatMap((alert) => {
    const rule = rules.find((one) => one.alert === alert.labels.alertname)
    return alertSeries(rule?.labels ?? {}, [alert], 0)
  })
  return seriesOfPoints(points)
}

/** Those whose alerts have one of these names, or none of them. */
function withNames(series: RecordedSeries, names: ReadonlySet<string>, wanted: boolean): Map<string, LabelSet> {
  return new Map([...series].filter(([, labels]) => names.has(labelValue(labels, 'alertname')) === wanted))
}
