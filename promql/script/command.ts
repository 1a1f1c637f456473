import type { NativeHistogram } from '../../schemas/histogram.js'
import type { LabelSet } from '../labels.js'

/** One line or block of a test script. `line` counts from 1. */
export type ScriptCommand = ClearCommand | LoadCommand | EvalCommand | UnreadableCommand

/** Drops every loaded point. */
interface ClearCommand {
  type: 'clear'
  line: number
}

/** Adds points to what is loaded. */
export interface LoadCommand {
  type: 'load'
  line: number
  stepMs: number
  /** Also builds native histograms with custom buckets from the classic ones of the block. */
  withCustomBuckets: boolean
  series: readonly LoadedSeries[]
}

/** One series of a load: item i is its point at i steps after the epoch. */
export interface LoadedSeries {
  line: number
  labels: LabelSet
  items: readonly ScriptItem[]
  /** Start of counting of each item, ms relative to the item's own time. */
  startOffsetMs?: readonly (number | undefined)[]
}

/** A point of a series line; undefined where the line leaves it out (`_`). */
export type ScriptItem = FloatItem | HistogramItem | undefined

interface FloatItem {
  value: number
  /** The staleness marker, not any other NaN. */
  stale?: true
}

export interface HistogramItem {
  histogram: NativeHistogram
  /** The text names the counter reset hint, so an expectation includes it. */
  hintGiven: boolean
}

/** Evaluates a query and says what must come of it. */
export interface EvalCommand {
  type: 'eval'
  line: number
  query: string
  /** Evaluation times; stepMs 0 and startMs = endMs for an instant query. */
  times: { startMs: number; endMs: number; stepMs: number }
  mode: 'instant' | 'range'
  expected: Expectation
}

export interface Expectation {
  /** The value of a scalar. */
  scalar?: number
  string?: string
  /** Series in the order of the script. */
  series: readonly ExpectedSeries[]
  /** Times of the items of an instant query that gives a range vector. */
  rangeVector?: { startMs: number; endMs: number; stepMs: number }
  ordered: boolean
  /** Set if the evaluation must fail. */
  failure?: TextPattern
  warnings: ExpectedAnnotations
  infos: ExpectedAnnotations
}

export interface ExpectedSeries {
  labels: LabelSet
  items: readonly ScriptItem[]
}

/** A text that must be equal to `text` or match `regex`; neither set: any text. */
export interface TextPattern {
  text?: string
  regex?: RegExp
}

/** `any`: not looked at. `none`: there must be none. Patterns: each matches one, and each one is matched. */
export type ExpectedAnnotations = 'any' | 'none' | readonly TextPattern[]

/** A command that does not follow the format. */
interface UnreadableCommand {
  type: 'unreadable'
  line: number
  reason: string
}
