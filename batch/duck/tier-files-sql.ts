import type { TimeRange } from '../../schemas/time.js'
import { parquetSql, quoted } from './engine.js'

/** A tier's file as it is read. */
export interface ReadableFile {
  path: string
  /** Windows that start in these are not read: they are another file's. */
  hidden: readonly TimeRange[]
}

/** A relation of the windows of some files, of which there is at least one. */
export function tierFilesSql(files: readonly ReadableFile[]): string {
  const whole = files.filter(({ hidden }) => hidden.length === 0).map(({ path }) => path)
  const partly = files
    .filter(({ hidden }) => hidden.length > 0)
    .map(({ path, hidden }) => {
      const conditions = hidden.map((range) => `NOT (${startsInSql(range)})`)
      return `SELECT * FROM read_parquet(${quoted(path)}) WHERE ${conditions.join(' AND ')}`
    })
  if (partly.length === 0) return parquetSql(whole)
  const all = whole.length > 0 ? [`SELECT * FROM ${parquetSql(whole)}`, ...partly] : partly
  return `(${all.join(' UNION ALL ')})`
}

/** Condition on windows that start in a range. */
export function startsInSql({ startMs, endMs }: TimeRange): string {
  const time = (ms: number) => `make_timestamp(${Math.round(ms * 1000)}::BIGINT)::TIMESTAMPTZ`
  return `"start" >= ${time(startMs)} AND "start" < ${time(endMs)}`
}
