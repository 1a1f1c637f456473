import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { lookAtHost } from '../../ingest/collector/collector.js'
import { hostReadings } from '../../ingest/collector/readings.js'

/** One reading of a recorded or live host, without its time. */
export interface TraceReading {
  metric: string
  labels: Record<string, string>
  value: number
}

/**
 * Scrapes of a real host, one after the other: from a recorded OpenMetrics file (gzip), or, without one, from this
 * machine as it is now.
 */
export async function readScrapes(file: string | undefined, count: number): Promise<TraceReading[][]> {
  return file ? recordedScrapes(file).slice(0, count) : liveScrapes(count)
}

function recordedScrapes(file: string): TraceReading[][] {
  const byTime = new Map<number, TraceReading[]>()
  for (const line of gunzipSync(readFileSync(file)).toString('utf8').split('\n')) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+) (\S+)$/.exec(line)
    if (!match) continue
    const [, metric, pairs = '', value, time] = match
    const labels = Object.fromEntries(
      [...pairs.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, text]) => [name, text]),
    )
    byTime.set(Number(time), [...(byTime.get(Number(time)) ?? []), { metric, labels, value: Number(value) }])
  }
  return [...byTime].sort(([a], [b]) => a - b).map(([, readings]) => readings)
}

async function liveScrapes(count: number): Promise<TraceReading[][]> {
  const scrapes: TraceReading[][] = []
  for (let i = 0; i < count; i++) {
    const readings = hostReadings(await lookAtHost())
    scrapes.push(readings.map(({ metric, labels, value }) => ({ metric, labels: Object.fromEntries(labels), value })))
  }
  return scrapes
}
