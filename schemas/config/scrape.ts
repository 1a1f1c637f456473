import { type Static, Type } from '@sinclair/typebox'
import { duration } from './fields.js'

const LABEL_NAME = '^[a-zA-Z_][a-zA-Z0-9_]*$'

/** One job of the scraper: targets that are read alike. Keys and defaults as in Prometheus where it has them. */
const ScrapeJobSchema = Type.Object(
  {
    job: Type.String({ minLength: 1, description: 'value of the label `job`' }),
    targets: Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description: '`host:port`, or a whole URL' }),
    scheme: Type.Union([Type.Literal('http'), Type.Literal('https')], { default: 'http' }),
    path: Type.String({ default: '/metrics', pattern: '^/' }),
    interval: duration('15s', 'one scrape every'),
    timeout: duration('10s', 'a scrape that takes longer has failed; not above the interval'),
    labels: Type.Record(Type.String({ pattern: LABEL_NAME }), Type.String(), {
      default: {},
      description: 'labels that every series of the job gets',
      additionalProperties: false,
    }),
    honor_labels: Type.Boolean({
      default: false,
      description: 'true: where a scraped label and a label of the target share a name, the scraped one stays',
    }),
    honor_timestamps: Type.Boolean({ default: true, description: 'false: timestamps in the exposition are ignored' }),
    headers: Type.Record(Type.String({ minLength: 1 }), Type.String(), {
      default: {},
      description: 'sent with every scrape, for example `authorization`',
    }),
    body_bytes: Type.Integer({ default: 64 << 20, minimum: 1, description: 'bytes of a decompressed exposition' }),
  },
  { additionalProperties: false },
)
export type ScrapeJob = Static<typeof ScrapeJobSchema>

/** Everything that is scraped. */
export const ScrapeConfigSchema = Type.Array(ScrapeJobSchema, { default: [] })
export type ScrapeConfig = Static<typeof ScrapeConfigSchema>
