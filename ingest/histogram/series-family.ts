import type { Kind } from '../../schemas/points.js'
import type { Label } from '../../schemas/series/series.js'
import type { PointSink } from '../sink.js'

/**
 * The series that the points of one metric and one label set feed: the bare name, `_count`, `_sum`, and one for each
 * bucket or quantile. Each is resolved at its first point; refused ones are asked for anew each time, because the
 * refusal has to be told each time and a limit may have been raised.
 */
export class SeriesFamily {
  readonly metric: string
  readonly labels: readonly Label[]
  readonly #handles = new Map<string, number>()
  #bare = -1
  #bareKind: Kind | undefined
  #key: string | undefined

  /** @param labels in any order, names unique */
  constructor(metric: string, labels: readonly Label[]) {
    this.metric = metric
    this.labels = labels
  }

  /** Identifies the family by its name and labels. */
  get key(): string {
    this.#key ??= JSON.stringify([this.metric, ...this.labels.toSorted(([a], [b]) => (a < b ? -1 : 1))])
    return this.#key
  }

  /** The handle of the series of the bare name, or -1 if it was refused. */
  bare(sink: PointSink, kind: Kind): number {
    if (this.#bare === -1 || this.#bareKind !== kind) {
      this.#bare = sink.series(this.metric, this.labels, kind)
      this.#bareKind = kind
    }
    return this.#bare
  }

  /** The handle of the series of the name with a suffix, or -1 if it was refused. */
  suffixed(sink: PointSink, kind: Kind, suffix: '_count' | '_sum'): number {
    return this.#resolve(sink, kind, suffix, undefined)
  }

  /** The handle of the series of a bucket (`le`) or a quantile, or -1 if it was refused. The label replaces one of the same name. */
  labelled(sink: PointSink, kind: Kind, suffix: '_bucket' | '', label: Label): number {
    return this.#resolve(sink, kind, suffix, label)
  }

  /** The handles of every suffixed or labelled series that was resolved so far. */
  known(): Iterable<number> {
    return this.#handles.values()
  }

  #resolve(sink: PointSink, kind: Kind, suffix: string, label: Label | undefined): number {
    const key = label === undefined ? `${kind}${suffix}` : `${kind}${suffix}\0${label[1]}`
    const known = this.#handles.get(key)
    if (known !== undefined) return known
    const labels = label === undefined ? this.labels : [...this.labels.filter(([name]) => name !== label[0]), label]
    const handle = sink.series(this.metric + suffix, labels, kind)
    if (handle !== -1) this.#handles.set(key, handle)
    return handle
  }
}
