import { type Static, Type } from '@sinclair/typebox'

const whole = (description: string, value: number) => Type.Integer({ description, default: value, minimum: 1 })

/** Every limit of the system, with its unit in the name. Enforced where the thing enters; all configurable under `limits`. */
export const LimitsSchema = Type.Object(
  {
    bodyBytes: whole('bytes of a request body as sent', 32 << 20),
    inflatedBytes: whole('bytes of a request body once decompressed', 128 << 20),
    pointsPerRequest: whole('points in one request', 5_000_000),
    labelsPerSeries: whole('labels of one series', 64),
    metricNameBytes: whole('bytes of a metric name', 512),
    labelNameBytes: whole('bytes of a label name', 256),
    labelValueBytes: whole('bytes of a label value', 4096),
    seriesPerMetric: whole('active series of one metric', 100_000),
    seriesTotal: whole('active series in total', 2_000_000),
    futureMs: whole('ms that a point may be ahead of the clock', 600_000),
    logQueueBytes: whole('bytes that may wait to be written to the log', 256 << 20),
    refusalsListed: whole('refused lines that an answer lists', 100),
    statsdLineBytes: whole('bytes of one StatsD line over TCP', 65_536),
    gaugeStates: whole('relative gauges, sets and cumulative histograms whose state is kept', 100_000),
    statsdSetMembers: whole('distinct members of all StatsD sets in one window', 1_000_000),
    metricsDescribed: whole('metrics whose type and help text are kept', 50_000),
    querySeries: whole('series that one query may select', 100_000),
    querySamples: whole('samples that one query may read', 50_000_000),
    querySteps: whole('steps that one subquery may have', 5_000_000),
    queryPoints: whole('points a series that one range query may return', 11_000),
    queryDepth: whole('expressions inside one another in one query', 200),
    queryResultSamples: whole('samples that one answer may hold', 20_000_000),
    tails: whole('live tails that one serving process has at a time', 500),
    receivedAlerts: whole('alerts that are held and wait to be dispatched', 100_000),
    alertBytes: whole('bytes of one alert that is received', 65_536),
    queryMs: whole('ms that one query may take', 120_000),
  },
  { additionalProperties: false, default: {} },
)

export type Limits = Static<typeof LimitsSchema>

/** A point before 2000-01-01 is a wrong precision, not history. */
export const OLDEST_POINT_MS = 946_684_800_000
