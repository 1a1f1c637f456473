import { type BucketRun, Sketch } from '../../../schemas/sketch/sketch.js'
import type { RowWindows } from '../../evaluate/range-series.js'

/** Merges between two looks at the clock. */
const MERGES = 256

/** How many tails of a range are kept merged. */
const TAILS = 64

/** The merge of the rows from `row` to the middle. */
interface Tail {
  row: number
  sketch: Sketch
}

/**
 * The merged sketches of ranges of rows that move forward. Ranges that overlap share work, as a queue of two stacks does:
 * up to a middle row the tails of an earlier range are kept merged, behind it rows are merged as they come. A range is
 * then the few rows before the next tail, that tail, and what came after it. Merging sketches of whole weights is exact
 * in any order, so the result is what merging row by row gives; weights that are not whole are merged row by row.
 */
export class SlidingSketch {
  readonly #windows: RowWindows
  readonly #range = new Sketch()
  /** Rows from the middle up to `#behindTo`. */
  readonly #behind = new Sketch()
  #behindTo = 0
  /** The nearest one last. */
  readonly #tails: Tail[] = []
  /** Sketches of tails that have been passed: their memory is used again. */
  readonly #spare: Sketch[] = []
  #middle = 0
  #from = 0
  #to = 0
  #isExact: boolean | undefined

  constructor(windows: RowWindows) {
    this.#windows = windows
  }

  /**
   * The sketch of the rows from (inclusive) to (exclusive), neither before those of the call before: good until the next
   * call. Yields now and then how many rows it has merged, so that others may run.
   */
  *over(from: number, to: number): Generator<number, Sketch> {
    this.#isExact ??= yield* this.#hasWholeWeights()
    // Of ranges that share little, or of one alone, nothing is worth keeping.
    const isSliding = this.#isExact && this.#to > from && (from - this.#from) * 2 <= to - from
    this.#from = from
    this.#to = to
    if (!isSliding) {
      this.#middle = 0
      this.#range.clear()
      yield* this.#addRows(this.#range, from, to)
      return this.#range
    }
    if (from >= this.#middle) yield* this.#keepTails(from, to)
    yield* this.#addRows(this.#behind, this.#behindTo, to)
    this.#behindTo = to
    const tail = this.#nextTail(from)
    this.#range.clear()
    yield* this.#addRows(this.#range, from, tail?.row ?? this.#middle)
    if (tail) this.#range.merge(tail.sketch)
    this.#range.merge(this.#behind)
    return this.#range
  }

  *#keepTails(from: number, to: number): Generator<number, void> {
    const apart = Math.ceil((to - from) / TAILS)
    this.#nextTail(to)
    const tail = new Sketch()
    const last = from + Math.floor((to - from - 1) / apart) * apart
    for (let row = last, end = to; row >= from; end = row, row -= apart) {
      yield* this.#addRows(tail, row, end)
      const sketch = this.#spare.pop() ?? new Sketch()
      sketch.clear()
      sketch.merge(tail)
      this.#tails.push({ row, sketch })
    }
    this.#middle = to
    this.#behind.clear()
    this.#behindTo = to
  }

  /** The tail that begins at a row or next after it; those before it are spare. */
  #nextTail(row: number): Tail | undefined {
    for (let tail = this.#tails.at(-1); tail && tail.row < row; tail = this.#tails.at(-1)) {
      this.#spare.push(tail.sketch)
      this.#tails.pop()
    }
    return this.#tails.at(-1)
  }

  *#addRows(sketch: Sketch, from: number, to: number): Generator<number, void> {
    const { count, min, sketch: sketches } = this.#windows
    for (let row = from; row < to; row++) {
      if (row > from && (row - from) % MERGES === 0) yield MERGES
      if (count[row] === 0) continue
      const one = sketches?.[row]
      if (one) sketch.merge(one)
      else sketch.add(min[row], count[row])
    }
  }

  /** Readings count once each; occurrences may stand for 1 / sample rate. */
  *#hasWholeWeights(): Generator<number, boolean> {
    const { kind, count, sketch: sketches } = this.#windows
    if (kind === 'sample') return true
    for (let row = 0; row < count.length; row++) {
      if (row % MERGES === MERGES - 1) yield MERGES
      if (!Number.isInteger(count[row])) return false
      const sketch = sketches?.[row]
      if (sketch && !(isWhole(sketch.positive) && isWhole(sketch.negative))) return false
    }
    return true
  }
}

function isWhole({ counts, length }: BucketRun): boolean {
  for (let i = 0; i < length; i++) if (!Number.isInteger(counts[i])) return false
  return true
}
