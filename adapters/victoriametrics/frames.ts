import { alignDown, type TimeRange, WINDOW_MS } from '../../schemas/time.js'
import { widened } from '../../schemas/widened.js'
import type { ExportLine } from './export-lines.js'
import { type Framed, type FramePlace, readFrame, SAMPLE_BYTES, samplesPerStrip } from './layout.js'

/** A frame of windows that start at `startMs`; its content is compressed. */
export interface Frame extends FramePlace, Framed {
  startMs: number
}

/** What is there of a frame. */
interface Fragment extends FramePlace {
  startMs: number
  bytes: Uint8Array
}

/** Puts samples together to frames: samples in any order, and any of them more than once. */
export class Frames {
  /** Bytes of all that was added. */
  bytes = 0
  readonly #range: TimeRange
  readonly #fragments = new Map<string, Fragment>()

  /** @param range samples of windows that start outside of it are left out */
  constructor(range: TimeRange) {
    this.#range = range
  }

  get isEmpty(): boolean {
    return this.#fragments.size === 0
  }

  add({ labels, length, times, values }: ExportLine): void {
    const place = placeOf(labels)
    const { stepMs } = place
    const key = `${place.partition} ${place.lane} ${place.book}`
    const first = Number(labels.strip) * samplesPerStrip(stepMs)
    let fragment: Fragment | undefined
    for (let i = 0; i < length; i++) {
      const startMs = alignDown(times[i], WINDOW_MS)
      if (startMs < this.#range.startMs || startMs >= this.#range.endMs) continue
      if (fragment?.startMs !== startMs) fragment = this.#fragment(`${key} ${startMs}`, place, startMs)
      setSample(fragment, first + (times[i] - startMs) / stepMs, values[i])
    }
    this.bytes += length * SAMPLE_BYTES
  }

  /** Those of which every byte is there; by start, partition and lane, and then the latest first. */
  whole(): Frame[] {
    const whole: Frame[] = []
    for (const { bytes, ...place } of this.#fragments.values()) {
      const framed = readFrame(bytes)
      if (framed) whole.push({ ...place, ...framed })
    }
    return whole.sort(inOrder)
  }

  #fragment(key: string, place: FramePlace, startMs: number): Fragment {
    let fragment = this.#fragments.get(key)
    if (!fragment) {
      fragment = { ...place, startMs, bytes: new Uint8Array(64 * SAMPLE_BYTES) }
      this.#fragments.set(key, fragment)
    }
    return fragment
  }
}

function inOrder(a: Frame, b: Frame): number {
  const order = a.startMs - b.startMs || a.partition - b.partition || a.lane - b.lane || b.stampMs - a.stampMs
  return order || (a.book < b.book ? 1 : -1)
}

function placeOf({ partition, lane, book, step }: Record<string, string>): FramePlace {
  return { partition: Number(partition), lane: Number(lane), book, stepMs: Number(step ?? 1) }
}

function setSample(fragment: Fragment, sample: number, value: number): void {
  const at = sample * SAMPLE_BYTES
  if (at + SAMPLE_BYTES > fragment.bytes.length) fragment.bytes = widened(fragment.bytes, 2 * (at + SAMPLE_BYTES))
  const { bytes } = fragment
  const low = value >>> 0
  const high = (value - low) / 2 ** 32
  bytes[at] = low
  bytes[at + 1] = low >>> 8
  bytes[at + 2] = low >>> 16
  bytes[at + 3] = low >>> 24
  bytes[at + 4] = high
  bytes[at + 5] = high >>> 8
}
