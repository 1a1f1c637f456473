import { chunk, logRecord, otlpJson, otlpProtobuf, remoteWrite, snappy } from './binary-subjects.js'
import type { Subject } from './subject.js'
import { influx, openMetrics, prometheusText, promql, statsd } from './text-subjects.js'

/** Everything that reads bytes from outside of the process. */
export const SUBJECTS: readonly Subject[] = [
  influx,
  statsd,
  prometheusText,
  openMetrics,
  remoteWrite,
  snappy,
  otlpProtobuf,
  otlpJson,
  logRecord,
  chunk,
  promql,
]
