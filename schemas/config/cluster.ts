import { Type } from '@sinclair/typebox'
import { group } from './fields.js'

const text = (description: string, value = '') => Type.String({ default: value, description })
const flag = (description: string) => Type.Boolean({ default: false, description })

/** Certificates of a connection, as paths of PEM files; empty ones are left to the system. */
const certificates = {
  ca: text('PEM file of the authority that signed the server; empty: those of the system'),
  cert: text('PEM file of the certificate to show'),
  key: text('PEM file of its private key'),
}

/** Parts of a window that VictoriaMetrics can show people. */
const WRITTEN_PARTS = ['bare', 'count', 'sum', 'min', 'max', 'p50', 'p95', 'p99'] as const

/** The engines of a cluster. Each is used where it is named and its embedded counterpart where it is not. */
export const clusterGroups = {
  kafka: group({
    brokers: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description: '`host:port`; none: the embedded log',
    }),
    client_id: text('name that brokers see', 'tidemark'),
    topic_prefix: text('set before the names of topics and groups, so that several Tidemarks share a cluster'),
    replication: Type.Integer({ default: 1, minimum: 1, description: 'copies of each record that `init` asks for' }),
    compression: Type.Union(
      ['none', 'gzip', 'snappy', 'lz4', 'zstd'].map((codec) => Type.Literal(codec)),
      { default: 'zstd', description: 'of batches sent' },
    ),
    tls: flag('encrypt connections'),
    ...certificates,
    sasl: Type.Union(
      ['none', 'plain', 'scram-sha-256', 'scram-sha-512'].map((mechanism) => Type.Literal(mechanism)),
      { default: 'none', description: 'how to log in' },
    ),
    username: text('for sasl'),
    password: text('for sasl'),
  }),
  redis: group({
    url: text(
      'redis://, rediss://, redis+sentinel://host,host/master or redis+cluster://host,host; empty: in this process',
    ),
    prefix: text('set before every key, so that several Tidemarks share a server', 'tm'),
    ...certificates,
  }),
  victoriametrics: group({
    url: Type.String({
      default: '',
      pattern: '^(https?://.+)?$',
      description: 'http://host:8428; empty: the embedded hot store',
      errorMessage: 'write an address such as http://host:8428',
    }),
    read_url: Type.String({
      default: '',
      pattern: '^(https?://.+)?$',
      description:
        'where to read, if not at url: of a cluster, url is http://vminsert:8480/insert/0/prometheus and this http://vmselect:8481/select/0/prometheus',
      errorMessage: 'write an address such as http://vmselect:8481/select/0/prometheus',
    }),
    token: text('bearer token to send'),
    name: text('label `tidemark` of all that is written there, so that several Tidemarks share a server; empty: none'),
    parts: Type.Array(Type.Union(WRITTEN_PARTS.map((part) => Type.Literal(part))), {
      default: [...WRITTEN_PARTS],
      description:
        'series of windows for vmui and Grafana: `bare` under the metric’s own name, the others behind it as `:p99` where a window has several points; [] writes none',
    }),
  }),
  s3: group({
    bucket: text('empty: the folder `objects` of data.dir'),
    endpoint: text('http://host:port of a server that is not Amazon’s'),
    region: text('region', 'us-east-1'),
    prefix: text('set before every key'),
    access_key_id: text('empty: as the AWS SDK finds it'),
    secret_access_key: text('empty: as the AWS SDK finds it'),
    cache_bytes: Type.Integer({
      default: 10 * 2 ** 30,
      minimum: 2 ** 20,
      description: 'bytes of objects kept in data.dir for reading',
    }),
  }),
  catalog: group({
    url: text('postgres://…, with sslmode and sslrootcert as psql reads them; empty starts the embedded one'),
    read_url: text('postgres://… of a replica for queries, which may lag; empty: `url`'),
  }),
}
