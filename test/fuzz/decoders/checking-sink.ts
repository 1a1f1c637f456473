import type { PointSink } from '../../../ingest/sink.js'
import { ERRORS } from '../../../schemas/error-registry.js'
import { TidemarkError } from '../../../schemas/errors.js'
import type { Label } from '../../../schemas/series/series.js'

/** A sink that keeps nothing, and throws where a decoder breaks what it owes to a sink. */
export class CheckingSink implements PointSink {
  epoch = 0
  position = 0
  /** Series, points and refusals since they were last set to 0. */
  pieces = 0
  #handles = 0

  series(metric: string, labels: readonly Label[]): number {
    this.pieces++
    owed(isText(metric), 'a metric name is well-formed text')
    const names = new Set<string>()
    for (const [name, value] of labels) {
      owed(isText(name), 'a label name is well-formed text')
      owed(isText(value), 'a label value is well-formed text')
      names.add(name)
    }
    owed(names.size === labels.length, 'each label stands once')
    return this.#handles++
  }

  add(handle: number, timeMs: number, value: number, weight: number): void {
    this.#point(handle, timeMs)
    owed(typeof value === 'number', 'a value is a number')
    owed(weight > 0 && weight < Number.POSITIVE_INFINITY, 'a weight is a number above 0')
  }

  addStale(handle: number, timeMs: number): void {
    this.#point(handle, timeMs)
  }

  describe(metric: string): void {
    owed(isText(metric), 'a described metric has a name')
  }

  refuse(error: TidemarkError, text?: string): void {
    this.pieces++
    owed(error instanceof TidemarkError && Object.hasOwn(ERRORS, error.code), 'a refusal is an error of the registry')
    owed(!error.message.includes('undefined') || text?.includes('undefined') === true, 'a refusal says why')
  }

  #point(handle: number, timeMs: number): void {
    this.pieces++
    owed(Number.isInteger(handle) && handle >= 0 && handle < this.#handles, 'a handle was given by the sink')
    owed(Number.isInteger(timeMs), `a time is whole ms, not ${timeMs}`)
    owed(Number.isInteger(this.position) && this.position >= 0, 'a position is a whole number')
  }
}

/** True for text without half a surrogate pair, which no encoding could keep. */
function isText(value: unknown): boolean {
  return typeof value === 'string' && !/\p{Surrogate}/u.test(value)
}

function owed(holds: boolean, law: string): void {
  if (!holds) throw new Error(`broken: ${law}`)
}
