import { type ExpectedWindow, seriesKey, windowOf } from './expected-windows.js'
import type { TestServer } from './server.js'

/** The parts of a window that are compared. */
const PARTS = ['count', 'sum', 'min', 'max', 'first', 'last', 'increase'] as const

/** The part of the query API's answer that is read here. */
export interface MatrixAnswer {
  partial: boolean
  data: { result: { metric: Record<string, string>; values: [number, string][] }[] }
}

/**
 * Asks the server for every window of every metric in the range and compares each part of each with what is expected.
 * @returns one line a window that differs, is missing, or should not be there
 */
export async function compareWindows(
  server: TestServer,
  expected: readonly ExpectedWindow[],
  range: { startMs: number; endMs: number },
): Promise<string[]> {
  const failures: string[] = []
  const byMetric = new Map<string, ExpectedWindow[]>()
  for (const window of expected) byMetric.set(window.metric, [...(byMetric.get(window.metric) ?? []), window])
  const at = Math.ceil(range.endMs / 10_000) * 10_000
  const rangeSeconds = Math.ceil((at - range.startMs) / 10_000) * 10 + 10
  for (const [metric, windows] of byMetric) {
    const wanted = new Map(windows.map((window) => [windowKey(metric, window.labels, window.startMs), window]))
    const wrong = new Set<string>()
    for (const part of PARTS) {
      const parameters = new URLSearchParams({
        query: `{__name__="${metric}:${part}"}[${rangeSeconds}s]`,
        time: String(at / 1000),
      })
      const answer = await server.json<MatrixAnswer>(`/api/v1/query?${parameters}`)
      if (answer.partial) failures.push(`${metric}:${part} is partial`)
      const missing = new Set(wanted.keys())
      for (const { metric: labels, values } of answer.data.result) {
        const { __name__, ...rest } = labels
        for (const [time, text] of values) {
          const key = windowKey(metric, rest, windowOf(Math.round(time * 1000)))
          const window = wanted.get(key)
          missing.delete(key)
          if (!window) wrong.add(`${key}:${part} is ${text}, but nothing was sent`)
          else if (!isSame(window[part], Number(text), part))
            wrong.add(`${key}:${part} is ${text}, sent was ${window[part]}`)
        }
      }
      for (const key of missing) wrong.add(`${key}:${part} is missing`)
    }
    failures.push(...wrong)
  }
  return failures
}

function windowKey(metric: string, labels: Record<string, string>, startMs: number): string {
  return `${seriesKey(metric, labels)} ${new Date(startMs).toISOString()}`
}

/** Sums and growth may differ in the last bits, by the order of additions; everything else is exact. */
function isSame(wanted: number, got: number, part: (typeof PARTS)[number]): boolean {
  if (part !== 'sum' && part !== 'increase') return wanted === got
  return Math.abs(wanted - got) <= 1e-9 * Math.max(Math.abs(wanted), Math.abs(got))
}
