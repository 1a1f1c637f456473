import { type Static, Type } from '@sinclair/typebox'
import { LimitsSchema } from '../limits.js'
import { anomalyGroup } from './anomaly.js'
import { authGroup, outboundGroup } from './auth.js'
import { clusterGroups } from './cluster.js'
import { duration, group } from './fields.js'
import { incidentGroups } from './incidents.js'
import { ScrapeConfigSchema } from './scrape.js'
import { watchGroups } from './watch.js'

/** A derived series: windows of `match` merged over every label but those in `by`. */
const RollupSchema = Type.Object(
  {
    match: Type.String({ minLength: 1, description: 'metric name' }),
    by: Type.Array(Type.String({ minLength: 1 }), { description: 'labels that the derived series keep' }),
    keep_source: Type.Boolean({
      default: true,
      description: 'false: the source has no windows of its own, only raw points',
    }),
  },
  { additionalProperties: false },
)
export type Rollup = Static<typeof RollupSchema>

/** What happens to series of a metric that is over its limit of series. */
const CardinalityPolicySchema = Type.Object(
  {
    metric: Type.String({ minLength: 1, description: 'metric name, or * for all others' }),
    limit: Type.Optional(Type.Integer({ minimum: 1, description: 'series; default limits.seriesPerMetric' })),
    over: Type.Union([Type.Literal('refuse'), Type.Literal('drop_label'), Type.Literal('sample')], {
      default: 'refuse',
      description: 'refuse new series, drop the label with the most values, or keep one new series in `keep_one_of`',
    }),
    drop: Type.Array(Type.String(), { default: [], description: 'labels that are always dropped' }),
    keep_one_of: Type.Integer({ default: 10, minimum: 2, description: 'for `sample`: by series hash' }),
  },
  { additionalProperties: false },
)
export type CardinalityPolicy = Static<typeof CardinalityPolicySchema>

/** The whole configuration: one YAML file, every key with a default. Durations are strings such as `10s`. */
export const ConfigSchema = Type.Object(
  {
    data: group({ dir: Type.String({ default: './data', description: 'folder of everything embedded' }) }),
    http: group({
      host: Type.String({ default: '127.0.0.1' }),
      port: Type.Integer({ default: 8080, minimum: 0, maximum: 65535 }),
      tls_cert: Type.String({ default: '', description: 'PEM file of the certificate; with it HTTPS is spoken' }),
      tls_key: Type.String({ default: '', description: 'PEM file of its private key' }),
      tls_client_ca: Type.String({
        default: '',
        description: 'PEM file of the authority that must have signed the certificate of every client',
      }),
    }),
    auth: authGroup,
    outbound: outboundGroup,
    statsd: group({
      enabled: Type.Boolean({ default: true }),
      host: Type.String({ default: '127.0.0.1' }),
      port: Type.Integer({ default: 8125, minimum: 0, maximum: 65535, description: 'UDP and TCP' }),
      names: Type.Union([Type.Literal('underscore'), Type.Literal('keep')], { default: 'underscore' }),
      sets: Type.Boolean({ default: true, description: 'count distinct values of sets (type s)' }),
      allow_unauthenticated: Type.Boolean({
        default: false,
        description: 'true: listen beyond loopback though StatsD knows no tokens, so that anyone in reach may write',
      }),
    }),
    otlp: group({
      names: Type.Union([Type.Literal('translate'), Type.Literal('keep')], { default: 'translate' }),
      promote_resource_attributes: Type.Array(Type.String(), {
        default: [],
        description: 'resource attributes that become labels; ["*"] for all',
      }),
    }),
    scrape: ScrapeConfigSchema,
    collector: group({
      enabled: Type.Boolean({ default: true, description: "collect this host's own metrics" }),
      interval: duration('10s'),
    }),
    log: group({
      partitions: Type.Integer({ default: 4, minimum: 1, maximum: 1024 }),
      points_retention: duration('24h'),
      windows_retention: duration('6h'),
      split_share: Type.Number({
        default: 0.3,
        exclusiveMinimum: 0,
        maximum: 1,
        description: 'a metric that brings a larger share of all points is spread over several partitions',
      }),
      split_rate: Type.Integer({
        default: 20_000,
        minimum: 0,
        description: 'points a second below which a metric is never spread',
      }),
    }),
    speed: group({
      lateness: duration('15s', 'how long after its end a window waits for points'),
      idle_after: duration('30s', 'a partition without records follows the clock after this'),
      provisional_every: duration('2s', 'how often open windows go to the live view'),
      live_view: duration('15m', 'what the live view holds'),
    }),
    rollups: Type.Array(RollupSchema, { default: [] }),
    anomaly: anomalyGroup,
    cardinality: Type.Array(CardinalityPolicySchema, { default: [] }),
    archive: group({
      flush_every: duration('30s'),
      flush_points: Type.Integer({ default: 2_000_000, minimum: 1, description: 'points held before a flush' }),
    }),
    blocks: group({
      length: duration('10m', 'must divide 1h and be a multiple of 5m; shorter ones (multiples of 10s) are for tests'),
      slack: duration('15s', 'how long after its end a block waits before it seals'),
    }),
    batch: group({
      seal_every: duration('15s'),
      dirty_debounce: duration('30s', 'a dirty block is recomputed once no late point came for this long'),
      dirty_deadline: duration('90s', 'but no later than this after the first'),
      old_generations: duration('24h', 'how long superseded generations stay readable'),
      threads: Type.Integer({ default: 2, minimum: 1, maximum: 64 }),
      memory: Type.String({
        default: '1GB',
        pattern: '^\\d+(MB|GB)$',
        description: 'DuckDB memory limit of a recompute',
      }),
    }),
    retention: group({
      hot: duration('7d', '10 s windows in the hot store'),
      raw: duration('0', 'raw points; 0 is forever'),
      '10s': duration('7d'),
      '1m': duration('30d'),
      '5m': duration('90d'),
      '1h': duration('1y'),
      '1d': duration('0', '0 is forever'),
    }),
    temporal: group({
      enabled: Type.Boolean({ default: true }),
      install: Type.Boolean({
        default: true,
        description: 'install the Temporal CLI into the data folder if it is not on PATH',
      }),
      address: Type.String({
        default: '',
        description: 'host:port of a server that is already there; empty starts one',
      }),
      namespace: Type.String({ default: 'default', minLength: 1, description: 'one for each Tidemark' }),
      batch_slots: Type.Integer({
        default: 3,
        minimum: 1,
        maximum: 100,
        description: 'seals and recomputes that a worker runs at once; from 3 on none of them waits for another kind',
      }),
      upkeep_slots: Type.Integer({
        default: 2,
        minimum: 1,
        maximum: 100,
        description: 'audits and maintenance that a worker runs at once',
      }),
      api_key: Type.String({ default: '', description: 'sent to the server, over TLS' }),
      tls: Type.Boolean({ default: false, description: 'encrypt the connection' }),
      ca: Type.String({ default: '', description: 'PEM file of the authority that signed the server' }),
      cert: Type.String({ default: '', description: 'PEM file of the certificate to show' }),
      key: Type.String({ default: '', description: 'PEM file of its private key' }),
    }),
    ...watchGroups,
    ...incidentGroups,
    ...clusterGroups,
    cache: group({
      query_ttl: duration('30s'),
      tag_index_ttl: duration('5m'),
      bytes: Type.Integer({ default: 64 << 20, minimum: 0 }),
    }),
    limits: LimitsSchema,
    logging: group({
      level: Type.Union(
        ['fatal', 'error', 'warn', 'info', 'debug', 'trace'].map((level) => Type.Literal(level)),
        { default: 'info' },
      ),
    }),
  },
  { additionalProperties: false, default: {} },
)

/** The configuration as it stands in the file, defaults filled in. Read durations with `parseDuration`. */
export type Config = Static<typeof ConfigSchema>
