import { Agent, get } from 'node:http'
import type { QueryCase } from './query-cases.js'

/** A server that is asked. */
export interface AskedServer {
  url: string
  /** Parameters of every request. */
  parameters: Readonly<Record<string, string>>
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 })

/** Asks a range query that ends at this time, ms. @returns the answer as it came, and how long it took, ms */
export async function askRange(
  { url, parameters }: AskedServer,
  { expr, rangeMs, stepMs }: Pick<QueryCase, 'expr' | 'rangeMs' | 'stepMs'>,
  endMs: number,
): Promise<{ body: Buffer; ms: number }> {
  const query = new URLSearchParams({
    query: expr,
    start: String((endMs - rangeMs) / 1000),
    end: String(endMs / 1000),
    step: String(stepMs / 1000),
    ...parameters,
  })
  const begun = performance.now()
  const { status, body } = await read(`${url}/api/v1/query_range?${query}`)
  const ms = performance.now() - begun
  if (status !== 200) throw new Error(`${expr}: ${url} answered ${status}: ${body.subarray(0, 500)}`)
  return { body, ms }
}

function read(url: string): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const sent = get(url, { agent }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }))
    })
    sent.on('error', reject)
  })
}

/** How two answers differ. */
export interface Difference {
  /** Values that both have. */
  values: number
  /** Values that only one has. */
  missing: number
  /** Largest difference of two values, relative to the larger one. */
  relative: number
}

/** Compares two answers of the Prometheus API to one range query. */
export function compareAnswers(ours: Buffer, theirs: Buffer): Difference {
  const left = valuesOf(ours)
  const right = valuesOf(theirs)
  const difference: Difference = { values: 0, missing: 0, relative: 0 }
  for (const [key, value] of left) {
    const other = right.get(key)
    if (other === undefined) difference.missing++
    else {
      difference.values++
      const scale = Math.max(Math.abs(value), Math.abs(other))
      if (scale > 0) difference.relative = Math.max(difference.relative, Math.abs(value - other) / scale)
    }
  }
  for (const key of right.keys()) if (!left.has(key)) difference.missing++
  return difference
}

interface RangeAnswer {
  data: { result: { metric: Record<string, string>; values: [number, string][] }[] }
}

/** Values by series and time. The name is left out: servers differ in which functions keep it. */
function valuesOf(body: Buffer): Map<string, number> {
  const { data } = JSON.parse(body.toString()) as RangeAnswer
  const values = new Map<string, number>()
  for (const { metric, values: points } of data.result) {
    const { __name__: _, ...rest } = metric
    const labels = JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)))
    for (const [seconds, text] of points) values.set(`${labels} ${seconds}`, Number(text))
  }
  return values
}
