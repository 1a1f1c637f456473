/** What a server answered to one query. */
export type Answer = { failed: string } | { failed?: undefined; resultType: string; result: unknown }

/** Values may differ by this fraction: sums are added up in another order. */
const TOLERANCE = 1e-9

type Point = [timeS: number, value: string]

interface Series {
  metric: Record<string, string>
  value?: Point
  values?: Point[]
}

/** Asks a server with Prometheus's HTTP API. A query that is refused is an answer. */
export async function ask(url: string, path: string, parameters: Record<string, string>): Promise<Answer> {
  const response = await fetch(`${url}/api/v1/${path}`, { method: 'POST', body: new URLSearchParams(parameters) })
  const body = (await response.json()) as { status: string; error?: string; data?: Answer }
  if (body.status !== 'success' || !body.data) return { failed: `${response.status}: ${body.error}` }
  return body.data
}

/**
 * Where `found` differs from `expected`, in words; undefined if it is the same.
 * @param ordered the order of the series matters
 */
export function answerDifference(expected: Answer, found: Answer, ordered: boolean): string | undefined {
  if (expected.failed !== undefined || found.failed !== undefined) {
    if (expected.failed !== undefined && found.failed !== undefined) return undefined
    return found.failed !== undefined ? `failed: ${found.failed}` : `should have failed: ${expected.failed}`
  }
  if (expected.resultType !== found.resultType) return `is a ${found.resultType} instead of a ${expected.resultType}`
  if (expected.resultType === 'scalar' || expected.resultType === 'string') {
    return pointDifference(expected.result as Point, found.result as Point)
  }
  return seriesDifference(expected.result as Series[], found.result as Series[], ordered)
}

/** True if there is nothing in it. */
export function isEmpty(answer: Answer): boolean {
  return answer.failed === undefined && Array.isArray(answer.result) && answer.result.length === 0
}

function seriesDifference(expected: readonly Series[], found: readonly Series[], ordered: boolean): string | undefined {
  const foundByLabels = new Map(found.map((series) => [labelsText(series.metric), series]))
  const expectedLabels = expected.map(({ metric }) => labelsText(metric))
  const extra = [...foundByLabels.keys()].find((labels) => !expectedLabels.includes(labels))
  if (extra !== undefined) return `${extra} should not be there (${expected.length} series expected)`
  for (const series of expected) {
    const labels = labelsText(series.metric)
    const other = foundByLabels.get(labels)
    if (!other) return `${labels} is missing (${found.length} of ${expected.length} series found)`
    const difference = pointsDifference(pointsOf(series), pointsOf(other))
    if (difference) return `${labels} ${difference}`
  }
  const order = ordered ? expectedLabels.findIndex((labels, i) => labels !== labelsText(found[i].metric)) : -1
  return order === -1 ? undefined : `${expectedLabels[order]} should come as number ${order + 1}`
}

function pointsOf({ value, values }: Series): Point[] {
  return values ?? (value ? [value] : [])
}

function pointsDifference(expected: readonly Point[], found: readonly Point[]): string | undefined {
  for (let i = 0; i < Math.max(expected.length, found.length); i++) {
    const [wanted, got] = [expected[i], found[i]]
    if (!wanted) return `has a point at ${got[0]} (${got[1]}) that should not be there`
    if (!got || got[0] > wanted[0]) return `has no point at ${wanted[0]} (${wanted[1]})`
    const difference = pointDifference(wanted, got)
    if (difference) return difference
  }
  return undefined
}

function pointDifference(expected: Point, found: Point): string | undefined {
  if (expected[0] !== found[0]) return `has a point at ${found[0]} instead of ${expected[0]}`
  return sameValue(expected[1], found[1]) ? undefined : `is ${found[1]} at ${found[0]} instead of ${expected[1]}`
}

/** Texts that are no numbers must be the same: NaN, +Inf and -Inf among them. */
function sameValue(expected: string, found: string): boolean {
  if (expected === found) return true
  const [a, b] = [Number(expected), Number(found)]
  if (!Number.isFinite(a) || !Number.isFinite(b)) return false
  return Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b))
}

function labelsText(metric: Record<string, string>): string {
  const labels = Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${labels.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}}`
}
