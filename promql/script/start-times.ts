import { parseDuration } from '../../schemas/config/duration.js'
import type { LabelSet } from '../labels.js'
import { parseSeriesLabels } from './series-line.js'

const LINE = /^(\S*)@st[ \t]+(.*)$/
const OMITTED = /^_(?:x(\d+))?$/
const PREVIOUS = /^\*(?:x(\d+))?$/
const DURATION = '[+-]?\\d+[a-wyzA-WYZ]*'
const OFFSET = new RegExp(`^(${DURATION})(?:([+-])(${DURATION}))?(?:x(\\d+))?$`)
const ITEMS_LIMIT = 1_000_000

/** A line `series@st <offsets>`: start timestamps of the sample line that follows. */
export interface StartTimesLine {
  /** Left out for the offsets of every series of the block that has no line of its own. */
  labels?: LabelSet
  offsetsMs: (number | undefined)[]
}

/** @returns undefined for any other line @throws Error that says what cannot be read */
export function parseStartTimesLine(line: string): StartTimesLine | undefined {
  const match = LINE.exec(line)
  if (!match) return undefined
  const offsetsMs: (number | undefined)[] = []
  for (const word of match[2].split(/\s+/).filter((part) => part !== '')) {
    offsetsMs.push(...offsetItems(word, offsetsMs))
    if (offsetsMs.length > ITEMS_LIMIT) throw new Error(`the line has more than ${ITEMS_LIMIT} items`)
  }
  return { labels: match[1] === '' ? undefined : parseSeriesLabels(match[1]), offsetsMs }
}

function offsetItems(word: string, before: readonly (number | undefined)[]): (number | undefined)[] {
  const omitted = OMITTED.exec(word)
  if (omitted) return repeated(undefined, Number(omitted[1] ?? '1'))
  const previous = PREVIOUS.exec(word)
  if (previous) return repeated(before.findLast((offset) => offset !== undefined) ?? 0, Number(previous[1] ?? '0') + 1)
  const offset = OFFSET.exec(word)
  if (!offset || (offset[2] !== undefined && offset[4] === undefined)) {
    throw new Error(`"${word}" is no start time: write _, _x3, -1m, -1mx3 or -1m-30sx3`)
  }
  const step = offset[2] === undefined ? 0 : signedDuration(offset[3]) * (offset[2] === '-' ? -1 : 1)
  const start = signedDuration(offset[1])
  return repeated(start, Number(offset[4] ?? '0') + 1).map((value, i) => (value ?? 0) + i * step)
}

function repeated(value: number | undefined, times: number): (number | undefined)[] {
  if (times > ITEMS_LIMIT) throw new Error(`x${times} is more than ${ITEMS_LIMIT} items`)
  return new Array<number | undefined>(times).fill(value)
}

/** @returns ms */
function signedDuration(text: string): number {
  const ms = parseDuration(text.replace(/^[+-]/, ''))
  return text.startsWith('-') ? -ms : ms
}
