import type { Wait } from '../../evaluate/budget.js'

/** Values above which a range's are sorted in stretches. */
export const LONG_SORT = 100_000

/** Values that are sorted in one go. */
const BLOCK = 1 << 16

/**
 * Sorts as typed arrays do, NaN last, and lets other work run on the way: blocks first, which are then merged by twos.
 * @returns the sorted values, in the given array or in another one
 */
export async function pacedSort(values: Float64Array, pace: (samples: number) => Wait): Promise<Float64Array> {
  for (let from = 0; from < values.length; from += BLOCK) {
    values.subarray(from, from + BLOCK).sort()
    await pace(BLOCK)
  }
  let sorted: Float64Array = values
  let other: Float64Array = new Float64Array(values.length > BLOCK ? values.length : 0)
  for (let width = BLOCK; width < values.length; width *= 2) {
    for (let from = 0; from < values.length; from += 2 * width) {
      await mergeInto(other, sorted, from, Math.min(from + width, values.length), from + 2 * width, pace)
    }
    ;[sorted, other] = [other, sorted]
  }
  return sorted
}

async function mergeInto(
  merged: Float64Array,
  sorted: Float64Array,
  from: number,
  middle: number,
  end: number,
  pace: (samples: number) => Wait,
): Promise<void> {
  const to = Math.min(end, sorted.length)
  let left = from
  let right = middle
  for (let at = from; at < to; ) {
    const stop = Math.min(to, at + BLOCK)
    for (; at < stop; at++) {
      const takesRight = left === middle || (right < to && isBefore(sorted[right], sorted[left]))
      merged[at] = takesRight ? sorted[right++] : sorted[left++]
    }
    await pace(BLOCK)
  }
}

function isBefore(a: number, b: number): boolean {
  return a < b || (Number.isNaN(b) && !Number.isNaN(a))
}
