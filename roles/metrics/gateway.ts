import { Histogram } from 'prom-client'
import type { Gateway } from '../../ingest/gateway/gateway.js'
import type { Log } from '../../schemas/ports/log.js'
import { collector, type RoleMetrics } from './collector.js'

/** A log whose appends are counted and timed. */
export interface MeasuredLog {
  log: Pick<Log, 'append'>
  seconds: Histogram
  failed(): number
}

/** Measures what is appended to a log. */
export function measuredLog(log: Pick<Log, 'append'>): MeasuredLog {
  let failed = 0
  const seconds = new Histogram({
    name: 'tidemark_log_append_duration_seconds',
    help: 'How long a request’s points took to be safe in the log.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [],
  })
  const append: Log['append'] = async (topic, records) => {
    const end = seconds.startTimer()
    try {
      await log.append(topic, records)
      end()
    } catch (thrown) {
      failed++
      throw thrown
    }
  }
  return { log: { append }, seconds, failed: () => failed }
}

/** What a gateway counts. */
export function gatewayMetrics(gateway: Pick<Gateway, 'counts'>, appends: MeasuredLog): RoleMetrics {
  const ingest = collector({
    name: 'gateway',
    families: {
      tidemark_ingest_points_total: { type: 'counter', help: 'Points that were stored in the log.' },
      tidemark_ingest_refused_points_total: {
        type: 'counter',
        help: 'Points and lines that were refused, by error code.',
        labels: ['code'],
      },
      tidemark_active_series: { type: 'gauge', help: 'Series that this gateway has seen lately.' },
      tidemark_log_append_errors_total: { type: 'counter', help: 'Requests whose points the log did not take.' },
    },
    read: async () => {
      const { accepted, refusedByCode, activeSeries } = gateway.counts()
      return {
        tidemark_ingest_points_total: accepted,
        tidemark_ingest_refused_points_total: Object.entries(refusedByCode).map(([code, value]) => ({
          labels: { code },
          value,
        })),
        tidemark_active_series: activeSeries,
        tidemark_log_append_errors_total: appends.failed(),
      }
    },
  })
  return { collectors: [ingest], histograms: [appends.seconds] }
}
