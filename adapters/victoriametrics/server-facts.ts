/** What a server says of itself at /metrics. */
export interface ServerFacts {
  /** When the process started, seconds since the epoch; another process has another one. */
  startedAt: string
  /** -dedup.minScrapeInterval, ms. */
  dedupMs: number
}

/** Reads the facts out of a server's own metrics; undefined if they are no metrics of VictoriaMetrics. */
export function serverFacts(metrics: string): ServerFacts | undefined {
  const started = /^process_start_time_seconds (\S+)$/m.exec(metrics)
  if (!started) return undefined
  const dedup = /^flag\{name="dedup\.minScrapeInterval",\s*value="([^"]*)"/m.exec(metrics)
  return { startedAt: started[1], dedupMs: goDurationMs(dedup?.[1] ?? '0s') }
}

const UNIT_MS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  µs: 1e-3,
  us: 1e-3,
  ns: 1e-6,
}

/** A duration as Go prints it (`1m30s`, `1.5s`), ms, rounded up. */
function goDurationMs(text: string): number {
  let ms = 0
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(h|ms|m|s|µs|us|ns)/g)) ms += Number(amount) * UNIT_MS[unit]
  return Math.ceil(ms)
}
