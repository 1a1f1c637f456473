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
  TM_LOG_TOPIC: entry(
    503,
    'the topic {topic} does not exist in Kafka',
    'make it with `tidemark init`, or correct kafka.topic_prefix',
    true,
  ),
  TM_LOG_DENIED: entry(
    503,
    'Kafka does not let us use {topic}: {reason}',
    'check kafka.sasl, kafka.username and kafka.password, and the rights of that user on topics and groups',
    true,
  ),
  TM_LOG_RECORD_SIZE: entry(
    413,
    'a record for {topic} is larger than Kafka takes there: {reason}',
    'run `tidemark init`, which sets max.message.bytes of the topic; the brokers may have a limit of their own',
  ),
  TM_LOG_READER_RESTARTED: entry(
    503,
    'group {group} reads {topic} again from its stored positions: {reason}',
    'nothing is lost; if it happens often, look at the brokers and at the load of this process',
    true,
  ),
  TM_LOG_RECORDS_EXPIRED: entry(
    500,
    'records {from} to {to} of {topic}/{partition} were removed before group {group} had read them',
    'raise log.points_retention, or find out why reading fell behind',
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
  TM_HOTSTORE_REFUSED: entry(
    502,
    'the hot store refuses: {reason}',
    'check victoriametrics.url, .read_url and .token, and the flags that VictoriaMetrics runs with',
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
  TM_OBJECT_EXISTS: entry(
    409,
    'object {key} exists already with other bytes',
    'objects are immutable: write under a new key',
  ),
  TM_OBJECT_DAMAGED: entry(
    500,
    'object {key} does not hold the bytes that were stored: {reason}',
    'restore it from a backup or an older version of the bucket; `tidemark doctor` checks the storage',
  ),
  TM_BUCKET_MISSING: entry(
    503,
    'bucket {bucket} does not exist',
    'create it with `tidemark init`, or name another with s3.bucket',
    true,
  ),
  TM_BUCKET_DENIED: entry(
    503,
    'bucket {bucket} refuses {operation}: {reason}',
    'check s3.access_key_id, s3.secret_access_key and s3.region, and that they may list, get, put and delete there (`tidemark doctor` tries each); `tidemark init` creates a bucket of your own',
    true,
  ),
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
  // Anomalies
  TM_ANOMALY_SERIES: entry(
    429,
    'more series match anomaly.rules than the {limit} that are scored at once; the others get no score',
    'match fewer series, or raise anomaly.max_series (250 kB of memory each)',
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
  TM_ARCHIVE_OVERTAKEN: entry(
    409,
    'partition {partition} was archived by another process from offset {offset} on',
    'nothing: the partition is read anew from where the other stands',
  ),
  TM_TEMPORAL_MISSING: entry(503, 'paused: no Temporal server: {reason}', '{fix}', true),
  TM_STACK_INSTALL: entry(500, '{program} cannot be had: {reason}', '{fix}'),
  TM_STACK_START: entry(503, '{part} did not start: {reason}', 'look into {file}, where it says more', true),
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
  // Who may do what
  TM_AUTH_MISSING: entry(
    401,
    'this server asks for a token: {reason}',
    'send `Authorization: Bearer tm_…` (commands take --token or TIDEMARK_TOKEN); `tidemark token create` makes one',
  ),
  TM_AUTH_REFUSED: entry(
    401,
    'the token is refused: {reason}',
    'make another with `tidemark token create`; `tidemark token list` shows those there are',
  ),
  TM_AUTH_ROLE: entry(
    403,
    'token "{name}" has the role {role}, which may not {what}',
    'use a token of the role {needed}',
  ),
  TM_AUTH_ORIGIN: entry(
    403,
    'a request without a token is refused: {reason}',
    'without a token only this machine itself is served; send one, or ask http://localhost directly',
  ),
  TM_AUTH_UNAVAILABLE: entry(
    503,
    'the token cannot be looked up now: {reason}',
    'retry; tokens seen before go on being accepted meanwhile',
    true,
  ),
  TM_RATE_LIMIT: entry(
    429,
    '{who} is at {actual} {unit} a second, the limit is {limit}',
    'retry after the time in Retry-After, send less, or raise {key}',
    true,
  ),
  TM_TOKEN_NAME: entry(409, 'a token named "{name}" exists already', 'choose another name, or revoke that token first'),
  TM_AUDIT_UNAVAILABLE: entry(
    503,
    'nothing was done, for the audit log cannot be written: {reason}',
    'check the catalog with `tidemark doctor`, then try again',
    true,
  ),
  // Where it connects to
  TM_TARGET_REFUSED: entry(400, 'the {purpose} target {target} is refused: it is {reason}', '{fix}'),
  TM_TARGET_UNKNOWN: entry(400, 'the host {host} cannot be resolved: {reason}', 'check its name'),
  // Rules
  TM_RULE_FILE: entry(500, 'the rule file {file} cannot be used: {where}: {reason}', '{fix}'),
  TM_RULE_FAILED: entry(
    503,
    'the rule {alert} cannot be judged: {reason}',
    'what it had found stays as it is until it can be judged again',
    true,
  ),
  // Dispatch of alerts
  TM_DISPATCH_FILE: entry(500, 'the routes of alerts in {file} cannot be used: {where}: {reason}', '{fix}'),
  TM_DISPATCH_LEASE: entry(
    503,
    'another process dispatches alerts now',
    'nothing: it tells what this one did not; if this comes often, the catalog is slow or a process stands still',
    true,
  ),
  TM_ALERTS_REFUSED: entry(
    400,
    '{refused} of {total} alerts are refused: {reasons}',
    'correct those; the others are taken, there is no need to send them again',
  ),
  TM_ALERTS_FULL: entry(
    503,
    '{count} alerts are held already, the limit is {limit}',
    'resolve some, group the rules that give so many, or raise limits.receivedAlerts',
    true,
  ),
  TM_SILENCE: entry(
    400,
    'the silence cannot be set: {reason}',
    'write matchers such as service="api", and an end that is to come',
  ),
  TM_MAINTENANCE: entry(
    400,
    'the maintenance window {name} cannot be set: {reason}',
    '`tidemark maintenance add --help` shows examples',
  ),
  TM_RULE: entry(400, 'the rule {rule} cannot be used: {where}: {reason}', '{fix}'),
  TM_RULE_CONDITION: entry(
    400,
    'the condition of the rule {rule} cannot be compiled: {reason}',
    'see `tidemark rules apply --help` for the forms; `tidemark rules apply --dry-run` shows the PromQL',
  ),
  TM_SLO: entry(400, 'the objective {slo} cannot be used: {where}: {reason}', '{fix}'),
  TM_BACKTEST: entry(
    400,
    'the rule {rule} fires more than {limit} times in this range',
    'give it a FOR, a threshold that is further off, or a shorter range',
  ),
  TM_HEARTBEAT: entry(
    503,
    'the heartbeat to {host} was not taken: {reason}',
    'check heartbeat.url, and outbound.allow if it lies in your own network; it is sent again at the next turn',
    true,
  ),
  // Telling people, and what they do from messages
  TM_CHANNEL_UNKNOWN: entry(
    404,
    'there is no channel "{channel}"',
    'the channels are: {known}; name it in alerting.channels',
  ),
  TM_LINK_INVALID: entry(
    403,
    'this link is not genuine, or the key that signed it was changed',
    'copy the whole link from the message, or use `tidemark incidents`',
  ),
  TM_LINK_EXPIRED: entry(
    410,
    'this link could be used until {time}',
    'use the link of a newer message, or `tidemark incidents`',
  ),
  TM_SIGNATURE: entry(
    401,
    'the request from {service} is not signed as it should be: {reason}',
    'check the secret of its channel in alerting.channels, and the clock of this machine',
  ),
  TM_SCHEDULE_UNKNOWN: entry(
    404,
    'there is no on-call schedule "{schedule}"',
    'the schedules are: {known}; name it in alerting.on_call',
  ),
  // Incidents
  TM_INCIDENT_RESOLVED: entry(
    409,
    'incident {id} was resolved at {at}: it takes no "{action}" any more',
    'comment on it, or look for the newer one with `tidemark incidents list`',
  ),
  // Setting it up
  TM_CONFIG: entry(500, 'config key {key}: {reason}', '{fix}'),
  TM_CONFIG_FILE: entry(
    500,
    'the config file {path} cannot be read: {reason}',
    'name a YAML file with --config or TIDEMARK_CONFIG',
  ),
  TM_ROLE_ENGINES: entry(
    500,
    'the role {role} runs by itself, but what it shares with other processes is embedded: {keys}',
    'set these keys to servers that all processes reach (`npm run stack` starts some), or run everything with `tidemark up`',
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
