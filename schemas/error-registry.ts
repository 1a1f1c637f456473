/** The registry of errors: every one that a user can meet, with its status, its message and what to do. */

export interface ErrorEntry {
  /** HTTP status it is answered with. */
  status: number
  /** `{name}` is replaced by the detail of that name. */
  message: string
  /** What the user can do about it. */
  hint: string
  /** True if the same request may succeed later. */
  retriable?: boolean
}

const entry = (status: number, message: string, hint: string, retriable = false): ErrorEntry => ({
  status,
  message,
  hint,
  retriable,
})

export const ERRORS = {
  // Reading what was sent
  TM_LINE_SYNTAX: entry(
    400,
    '{reason}',
    "compare the line with the format's specification; `tidemark decode` shows what is understood",
  ),
  TM_BODY_SYNTAX: entry(
    400,
    'the {format} body cannot be decoded: {reason}',
    "check the Content-Type and the sender's protocol version; `tidemark decode` shows what is understood",
  ),
  TM_BODY_TOO_LARGE: entry(
    413,
    'the body has {bytes} bytes, the limit is {limit}',
    'send smaller batches or raise limits.bodyBytes',
  ),
  TM_BODY_INFLATED_TOO_LARGE: entry(
    413,
    'the body decompresses to more than {limit} bytes',
    'send smaller batches or raise limits.inflatedBytes',
  ),
  TM_BODY_ENCODING: entry(
    415,
    'the body cannot be read as {encoding}: {reason}',
    'send gzip, deflate, snappy (remote-write) or plain bodies and name the right Content-Encoding',
  ),
  TM_CONTENT_TYPE: entry(415, 'content type {contentType} is not understood here', 'send {expected}'),
  TM_REQUEST: entry(400, '{reason}', '{fix}'),
  // What a point may be
  TM_POINT_SYNTAX: entry(
    400,
    '{reason}',
    "compare what was sent with the protocol's specification; `tidemark decode` shows what is understood",
  ),
  TM_POINT_FUTURE: entry(
    400,
    "the time {time} is {aheadMs} ms ahead of this server's clock, the limit is {limit} ms",
    "check the sender's clock and the precision of its timestamps",
  ),
  TM_POINT_ANCIENT: entry(
    400,
    'the time {time} is before {limit}',
    'check the precision of the timestamps: seconds read as nanoseconds end up in 1970',
  ),
  TM_SERIES_LABELS: entry(
    400,
    'the series has {labels} labels, the limit is {limit}',
    'send fewer labels or raise limits.labelsPerSeries',
  ),
  TM_SERIES_LABEL_NAME: entry(
    400,
    'the label name "{name}" has {bytes} bytes, it must have 1 to {limit}',
    'shorten it or raise limits.labelNameBytes',
  ),
  TM_SERIES_LABEL_VALUE: entry(
    400,
    'the value of label {name} has {bytes} bytes, the limit is {limit}',
    'shorten it or raise limits.labelValueBytes',
  ),
  TM_SERIES_METRIC_NAME: entry(
    400,
    'the metric name has {bytes} bytes, it must have 1 to {limit}',
    'shorten it or raise limits.metricNameBytes',
  ),
  TM_SERIES_LABEL_RESERVED: entry(
    400,
    'the label {name} stands for the metric name itself',
    'give the label another name',
  ),
  TM_SERIES_ZERO_BYTE: entry(400, 'a name or value of the series holds a zero byte', 'remove the zero byte'),
  TM_SERIES_DUPLICATE_LABEL: entry(400, 'the label {name} stands twice in one series', 'send each label once'),
  TM_CARDINALITY_METRIC: entry(
    429,
    'metric "{metric}" has {active} series, the limit is {limit}',
    'label "{label}" has {values} values; drop it with `cardinality` in the config or raise limits.seriesPerMetric',
  ),
  TM_CARDINALITY_TOTAL: entry(
    429,
    '{active} series are active, the limit is {limit}',
    'drop labels with many values (`tidemark status` names the metrics) or raise limits.seriesTotal',
  ),
  TM_BATCH_POINTS: entry(
    413,
    'the request has more than {limit} points',
    'send smaller batches or raise limits.pointsPerRequest',
  ),
  TM_STATSD_SETS: entry(
    429,
    'the sets of this window have no room for another member',
    'raise {key}, or count members with many values at their source',
  ),
  // The log
  TM_LOG_UNAVAILABLE: entry(
    503,
    'the log cannot take points now: {reason}',
    'retry; the agent should keep the batch',
    true,
  ),
  TM_LOG_BACKPRESSURE: entry(
    429,
    '{bytes} bytes wait to be written to the log, the limit is {limit}',
    'retry after the time in Retry-After; the agent should keep the batch',
    true,
  ),
  TM_RECORD_DAMAGED: entry(
    500,
    'record at {topic}/{partition}/{offset} is damaged: {reason}',
    'it was moved to tidemark.deadletter; the stream goes on',
  ),
  // Stores
  TM_HOTSTORE_UNAVAILABLE: entry(
    503,
    'the hot store cannot be reached: {reason}',
    'check it with `tidemark doctor`',
    true,
  ),
  TM_LIVEVIEW_UNAVAILABLE: entry(
    503,
    'the live view cannot be reached: {reason}',
    'check it with `tidemark doctor`',
    true,
  ),
  TM_CATALOG_UNAVAILABLE: entry(
    503,
    'the catalog cannot be reached: {reason}',
    'check it with `tidemark doctor`',
    true,
  ),
  TM_OBJECT_MISSING: entry(
    500,
    'object {key} does not exist',
    'run `tidemark doctor`; if the archive was moved, restore it',
  ),
  TM_OBJECT_EXISTS: entry(409, 'object {key} exists already', 'objects are immutable: write under a new key'),
  TM_OBJECT_KEY: entry(
    400,
    'object key "{key}" cannot be used: {reason}',
    'keys are relative paths such as raw/2026/part.parquet',
  ),
  TM_OBJECT_UNAVAILABLE: entry(
    503,
    'object storage failed for {key}: {reason}',
    'check it with `tidemark doctor`',
    true,
  ),
  // Queries
  TM_QUERY_SYNTAX: entry(
    400,
    'the query cannot be read at position {position}: {reason}',
    'a selector looks like metric{label="value"}',
  ),
  TM_QUERY_REGEX: entry(
    400,
    'the regular expression "{regex}" does not compile: {reason}',
    'use RE2 syntax, as Prometheus does',
  ),
  TM_QUERY_PARAMETER: entry(400, 'parameter "{name}" is {value}: {reason}', '{fix}'),
  TM_QUERY_EPOCH: entry(
    404,
    'epoch {epoch} cannot be read: {reason}',
    'epochs stay readable for {retention}; leave `epoch` out for the newest',
  ),
  TM_QUERY_SERIES: entry(
    422,
    'the query selects {series} series, the limit is {limit}',
    'narrow it with matchers or raise limits.querySeries',
  ),
  TM_QUERY_SAMPLES: entry(
    422,
    'the query holds more than {limit} samples at a time',
    'shorten the range, widen the step or raise limits.querySamples',
  ),
  TM_QUERY_STEPS: entry(
    422,
    'a subquery has {steps} steps of {stepMs} ms, the limit is {limit} steps',
    'name a wider step, as in [30d:1m], or a shorter range, or raise limits.querySteps',
  ),
  TM_QUERY_POINTS: entry(
    400,
    'the query asks for {points} points a series, the limit is {limit}',
    'widen the step or shorten the range',
  ),
  TM_QUERY_EXECUTION: entry(
    422,
    '{reason}',
    'the expression does not fit the series it met: change its matching, its grouping or its selectors',
  ),
  TM_QUERY_CANCELLED: entry(499, 'the query was cancelled', 'the connection was closed before the answer was ready'),
  TM_QUERY_DEPTH: entry(
    422,
    'the query is nested {depth} deep, the limit is {limit}',
    'split it with recording rules or raise limits.queryDepth',
  ),
  TM_QUERY_RESULT: entry(
    422,
    'the answer has {samples} samples, the limit is {limit}',
    'aggregate, widen the step, or raise limits.queryResultSamples',
  ),
  TM_SERVING_UNAVAILABLE: entry(
    503,
    'queries cannot be answered now: {reason}',
    'ask again in some seconds; if one query ends it each time, narrow that query',
    true,
  ),
  TM_TAIL_LIMIT: entry(
    429,
    '{limit} live tails are open, which is the limit',
    'close one, or raise limits.tails',
    true,
  ),
  TM_QUERY_TIME: entry(503, 'the query ran longer than {limit} ms', 'narrow it, or raise limits.queryMs'),
  // Batch and workflows
  TM_TEMPORAL_MISSING: entry(503, 'paused: no Temporal server: {reason}', '{fix}', true),
  TM_STACK_INSTALL: entry(500, '{program} cannot be had: {reason}', '{fix}'),
  TM_STACK_START: entry(500, '{part} did not start: {reason}', 'what it said stands in {file}', true),
  TM_STACK_BUSY: entry(
    409,
    'a stack runs in {dir} already (process {pid})',
    'end it with Ctrl-C or `kill {pid}`, or name another folder with --dir',
  ),
  TM_RECOMPUTE_QUEUE: entry(
    429,
    '{waiting} recomputes wait already, the limit is {limit}',
    'wait for one to finish, or cancel one; a wider range needs one recompute only',
    true,
  ),
  TM_BLOCK_UNKNOWN: entry(404, 'no block starts at {start}', 'blocks start at multiples of {lengthMs} ms'),
  TM_RANGE: entry(
    400,
    'the range {from} to {to} cannot be used: {reason}',
    'give --from and --to as RFC 3339 times or as durations before now, from before to',
  ),
  // Setting it up
  TM_CONFIG: entry(500, 'config key {key}: {reason}', '{fix}'),
  TM_CONFIG_FILE: entry(
    500,
    'the config file {path} cannot be read: {reason}',
    'name a YAML file with --config or TIDEMARK_CONFIG',
  ),
  TM_DATA_LOCKED: entry(
    500,
    'the data folder {path} is used by process {pid}',
    'stop that process, or choose another folder with data.dir',
  ),
  TM_DISK_FULL: entry(
    507,
    'the disk of {path} is full: {bytes} bytes are free',
    'make room and start again, or choose another folder with data.dir',
  ),
  TM_DATA_FOLDER: entry(
    500,
    'the data folder {path} cannot be used: {reason}',
    'make it a writable folder, or choose another with data.dir',
  ),
  TM_PORT_TAKEN: entry(500, 'port {port} on {host} is taken', 'choose another with {key}'),
  TM_SERVER_UNREACHABLE: entry(
    503,
    'no Tidemark answers at {url}: {reason}',
    'start it with `tidemark up`, or name it with --url',
    true,
  ),
  TM_NOT_FOUND: entry(404, '{what} does not exist', '{fix}'),
  TM_INTERNAL: entry(
    500,
    'an unexpected error happened: {reason}',
    "see the server's log; please report it with the lines around it",
  ),
} as const satisfies Record<string, ErrorEntry>
