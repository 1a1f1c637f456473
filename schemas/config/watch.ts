import { Type } from '@sinclair/typebox'
import { notifyKeys } from './channels.js'
import { duration, group } from './fields.js'
import { onCallKeys } from './on-call.js'

/** How Tidemark watches itself, and what it judges. */
export const watchGroups = {
  self: group({
    collect: Type.Boolean({ default: true, description: 'store the metrics of every process of this Tidemark in it' }),
    interval: duration('10s', 'how often'),
    token: Type.String({
      default: '',
      description: 'shown to the other processes, if they ask for tokens; its role may query',
    }),
  }),
  alerting: group({
    rule_files: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description: 'rule files as Prometheus has them, beside the pipeline’s own rules',
    }),
    own_rules: Type.Boolean({ default: true, description: 'judge the pipeline’s own rules' }),
    dispatch_file: Type.String({
      default: '',
      description:
        'routes, receivers and inhibition as Alertmanager has them; empty: a group for each rule, service and region',
    }),
    evaluation_interval: duration('10s', 'how often a group that names no interval is judged'),
    external_labels: Type.Record(Type.String(), Type.String(), {
      default: {},
      description: 'what tells this installation from others: $externalLabels of templates',
    }),
    external_url: Type.String({
      default: '',
      pattern: '^(https?://\\S+[^/\\s])?$',
      description:
        'where people reach this Tidemark: $externalURL of templates, and links in messages; without a / at its end',
    }),
    ...notifyKeys,
    ...onCallKeys,
  }),
  heartbeat: group({
    url: Type.String({
      default: '',
      pattern: '^(https?://.+)?$',
      description:
        'http(s) address of a dead man’s switch that is asked (GET) as long as the pipeline moves; empty: none',
    }),
    interval: duration('30s', 'how often'),
    tide_line_age: duration('30m', 'a tide line older than this stands still'),
    archive_lag: duration('5m', 'points that wait longer than this for the archive are stuck'),
  }),
}
