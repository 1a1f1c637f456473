/** Series by their labels (as JSON, sorted), each with its values by time in s. */
export type RangeAnswer = Map<string, Map<number, string>>

interface Matrix {
  data: { result: { metric: Record<string, string>; values: [number, string][] }[] }
}

const STEP_S = 10

/** What a server with Prometheus's HTTP API answers to a range query, every 10 s. @param ignored labels left out */
export async function queryRange(
  url: string,
  query: string,
  startS: number,
  endS: number,
  ignored: readonly string[] = [],
): Promise<RangeAnswer> {
  const parameters = new URLSearchParams({ query, start: `${startS}`, end: `${endS}`, step: `${STEP_S}` })
  const { data } = await get<Matrix>(`${url}/api/v1/query_range?${parameters}`)
  return new Map(data.result.map(({ metric, values }) => [labelKey(metric, ignored), new Map(values)]))
}

/** The label sets that a server knows of a selector. */
export async function seriesOf(url: string, selector: string, ignored: readonly string[] = []): Promise<string[]> {
  const { data } = await get<{ data: Record<string, string>[] }>(
    `${url}/api/v1/series?${new URLSearchParams({ 'match[]': selector })}`,
  )
  return [...new Set(data.map((labels) => labelKey(labels, ignored)))].sort()
}

/** Where two answers differ, the first few of it in words; undefined if they are the same. */
export function difference(expected: RangeAnswer, found: RangeAnswer): string | undefined {
  const differences: string[] = []
  for (const series of new Set([...expected.keys(), ...found.keys()])) {
    const wanted = expected.get(series)
    const got = found.get(series)
    if (!wanted || !got) {
      differences.push(`${series} ${wanted ? 'is missing' : 'should not be there'}`)
      continue
    }
    for (const time of new Set([...wanted.keys(), ...got.keys()])) {
      if (wanted.get(time) !== got.get(time))
        differences.push(`${series} at ${time}: ${got.get(time)} instead of ${wanted.get(time)}`)
    }
  }
  if (differences.length === 0) return undefined
  return `${differences.length} differences in ${expected.size} series:\n${differences.slice(0, 20).join('\n')}`
}

function labelKey(labels: Record<string, string>, ignored: readonly string[]): string {
  return JSON.stringify(
    Object.entries(labels)
      .filter(([name]) => !ignored.includes(name))
      .sort(),
  )
}

async function get<T>(url: string): Promise<T> {
  const answer = await fetch(url)
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text}`)
  return JSON.parse(text) as T
}
