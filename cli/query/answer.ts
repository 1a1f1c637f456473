/** A histogram of the query API: `[rule, lower, upper, count]` for each bucket. */
interface HistogramAnswer {
  count: string
  sum: string
  buckets?: [rule: number, lower: string, upper: string, count: string][]
}

/** One series of an answer: instant answers have one pair, range answers a list. Times are Unix seconds. */
interface SeriesAnswer {
  metric: Record<string, string>
  value?: [time: number, value: string]
  histogram?: [time: number, histogram: HistogramAnswer]
  values?: [time: number, value: string][]
  histograms?: [time: number, histogram: HistogramAnswer][]
}

/** What `/api/v1/query` and `/api/v1/query_range` answer. */
export interface QueryAnswer {
  data:
    | { resultType: 'vector' | 'matrix'; result: SeriesAnswer[] }
    | { resultType: 'scalar'; result: [time: number, value: string] }
    | { resultType: 'string'; result: [time: number, value: string] }
  warnings?: string[]
  infos?: string[]
  epoch: number
  frontier: string
  partial: boolean
}

/** One value of an answer with the series that it belongs to. */
export interface AnswerRow {
  metric: Record<string, string>
  /** Unix seconds. */
  time: number
  value: string
}

/** Every value of an answer, series by series, in order of time. */
export function answerRows({ data }: QueryAnswer): AnswerRow[] {
  if (data.resultType === 'scalar' || data.resultType === 'string') {
    const [time, value] = data.result
    return [{ metric: {}, time, value }]
  }
  return data.result.flatMap(({ metric, value, values, histogram, histograms }) => {
    const floats = value ? [value] : (values ?? [])
    const distributions = histogram ? [histogram] : (histograms ?? [])
    const rows = [
      ...floats.map(([time, text]) => ({ metric, time, value: text })),
      ...distributions.map(([time, one]) => ({ metric, time, value: histogramText(one) })),
    ]
    return rows.sort((a, b) => a.time - b.time)
  })
}

/** A series as PromQL writes it: `name{label="value"}`. */
export function seriesText({ __name__ = '', ...labels }: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return pairs.length === 0 && __name__ !== '' ? __name__ : `${__name__}{${pairs.join(', ')}}`
}

function histogramText({ count, sum, buckets = [] }: HistogramAnswer): string {
  const open = (rule: number) => (rule === 1 || rule === 3 ? '[' : '(')
  const close = (rule: number) => (rule === 0 || rule === 3 ? ']' : ')')
  const parts = buckets.map(([rule, lower, upper, n]) => `${open(rule)}${lower},${upper}${close(rule)}:${n}`)
  return `{${[`count:${count}`, `sum:${sum}`, ...parts].join(', ')}}`
}
