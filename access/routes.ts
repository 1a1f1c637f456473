import type { Permission } from './roles.js'

/** An action that the audit log tells of. */
export interface Action {
  name: string
  /** What it is done to; left out: the parameters of the address. */
  target?: (body: Readonly<Record<string, unknown>>) => string
}

/** What a route asks of whoever calls it. */
export interface RouteAccess {
  /** `open`: nothing. */
  permission: Permission | 'open'
  /** What is audited; left out where nothing is changed. */
  action?: Action
  /** True for routes of InfluxDB 1, whose clients send the password in the address. */
  passwordInQuery?: boolean
}

const open: RouteAccess = { permission: 'open' }
const write: RouteAccess = { permission: 'write' }
const influx1: RouteAccess = { permission: 'write', passwordInQuery: true }
const query: RouteAccess = { permission: 'query' }
const operate = (action?: Action): RouteAccess => ({ permission: 'operate', action })
const administer = (action?: Action): RouteAccess => ({ permission: 'administer', action })

/** Every route of the server. One that is missing keeps the server from starting. */
const ROUTES: Readonly<Record<string, RouteAccess>> = {
  'GET /': open,
  'GET /home.js': open,
  'GET /home.css': open,
  'GET /-/healthy': open,
  'GET /-/ready': open,
  'GET /ping': open,

  'POST /write': influx1,
  'GET /query': influx1,
  'POST /query': influx1,
  'POST /api/v2/write': write,
  'POST /api/v1/write': write,
  'POST /api/v1/import/prometheus': write,
  'POST /v1/metrics': write,

  'GET /metrics': query,
  'GET /api/v1/query': query,
  'POST /api/v1/query': query,
  'GET /api/v1/query_range': query,
  'POST /api/v1/query_range': query,
  'GET /api/v1/query_exemplars': query,
  'POST /api/v1/query_exemplars': query,
  'GET /api/v1/tail': query,
  'GET /api/v1/explain': query,
  'POST /api/v1/explain': query,
  'GET /api/v1/series': query,
  'POST /api/v1/series': query,
  'GET /api/v1/labels': query,
  'POST /api/v1/labels': query,
  'GET /api/v1/label/:name/values': query,
  'GET /api/v1/format_query': query,
  'POST /api/v1/format_query': query,
  'GET /api/v1/parse_query': query,
  'POST /api/v1/parse_query': query,
  'GET /api/v1/metadata': query,
  'GET /api/v1/rules': query,
  'GET /api/v1/alerts': query,
  'GET /api/v1/oncall': query,
  'GET /api/v1/oncall/:schedule': query,
  'GET /api/v1/status/buildinfo': query,
  'GET /api/v1/status/runtimeinfo': query,
  'GET /api/v1/status/flags': query,
  'GET /api/v1/status/tsdb': query,
  'GET /api/v1/status/pipeline': query,

  'GET /api/v1/incidents': query,
  'GET /api/v1/incidents/:id': query,
  'POST /api/v1/incidents/:id/:action': operate({ name: 'incident' }),
  'GET /api/v1/slos': query,
  'GET /api/v1/slos/:slo': query,
  'POST /api/v1/slos/apply': operate({ name: 'slo apply', target: ({ slos }) => namesOf(slos) }),
  'DELETE /api/v1/slos/:slo': operate({ name: 'slo delete' }),
  'GET /api/v1/alert-rules': query,
  'GET /api/v1/alert-rules/:rule': query,
  'GET /api/v1/alert-rules/:rule/verdicts': query,
  'POST /api/v1/alert-rules/apply': operate({ name: 'rules apply', target: ({ rules }) => namesOf(rules) }),
  'POST /api/v1/alert-rules/backtest': query,
  'PUT /api/v1/alert-rules/:rule': operate({ name: 'rule put' }),
  'DELETE /api/v1/alert-rules/:rule': operate({ name: 'rule delete' }),
  'POST /api/v1/alert-rules/:rule/enable': operate({ name: 'rule enable' }),
  'POST /api/v1/alert-rules/:rule/disable': operate({ name: 'rule disable' }),

  'POST /api/v1/admin/recompute': operate({ name: 'recompute', target: ({ from, to }) => `${from} to ${to}` }),
  'GET /api/v1/admin/recompute/:id': operate(),
  'POST /api/v1/admin/recompute/:id/:signal': operate({ name: 'recompute signal' }),

  'POST /api/v2/alerts': write,
  'GET /api/v2/alerts': query,
  'GET /api/v2/alerts/groups': query,
  'GET /api/v2/status': query,
  'GET /api/v2/receivers': query,
  'GET /api/v2/silences': query,
  'GET /api/v2/silence/:silenceID': query,
  'POST /api/v2/silences': operate({ name: 'silence', target: ({ comment }) => String(comment) }),
  'DELETE /api/v2/silence/:silenceID': operate({ name: 'silence expire' }),
  'GET /api/v1/maintenance': query,
  'POST /api/v1/maintenance': operate({ name: 'maintenance', target: ({ name }) => String(name) }),
  'DELETE /api/v1/maintenance/:name': operate({ name: 'maintenance remove' }),
  'GET /api/v1/notify/channels': operate(),
  'POST /api/v1/notify/channels/:channel/test': operate({ name: 'notify test' }),
  'GET /api/v1/notify/dead': operate(),
  'POST /api/v1/notify/dead/retry': operate({
    name: 'notify retry',
    target: ({ keys }) => (Array.isArray(keys) ? keys.slice(0, 20).join(' ') : 'all'),
  }),
  // Whoever comes here shows a signature instead of a token.
  'GET /i/:incident/:action': open,
  'POST /i/:incident/:action': open,
  'POST /api/v1/actions/slack': open,
  'POST /api/v1/actions/pagerduty': open,

  'GET /api/v1/admin/tokens': administer(),
  'POST /api/v1/admin/tokens': administer({ name: 'token create', target: ({ name }) => String(name) }),
  'DELETE /api/v1/admin/tokens/:token': administer({ name: 'token revoke' }),
  'GET /api/v1/admin/audit': administer(),
}

/** Names of the first rules of a request. */
function namesOf(rules: unknown): string {
  if (!Array.isArray(rules)) return ''
  const names = rules.slice(0, 5).map((rule) => String(rule?.name ?? ''))
  return names.join(', ') + (rules.length > 5 ? ` and ${rules.length - 5} more` : '')
}

/** What a route asks; HEAD is as GET. Undefined for one that nobody has thought of. */
export function routeAccess(method: string, url: string): RouteAccess | undefined {
  const key = `${method === 'HEAD' ? 'GET' : method} ${url}`
  return Object.hasOwn(ROUTES, key) ? ROUTES[key] : undefined
}

/** Every route that {@link routeAccess} knows, as `METHOD /path`. */
export const KNOWN_ROUTES: readonly string[] = Object.keys(ROUTES)
