import type { HeldAlert, ToldAlert } from '../alert.js'
import type { ShownAlert, ShownGroup } from '../view.js'

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)$/i
/** How Go writes a time that is not set. */
const NO_TIME = /^0001-01-01T00:00:00(?:\.0+)?Z$/

/** An alert as clients post it. @throws Error that says what is wrong with it */
export function readPostedAlert(json: unknown): ToldAlert {
  if (!isRecord(json)) throw new Error('it is not an object')
  const { labels, annotations, startsAt, endsAt, generatorURL } = json
  if (labels === undefined) throw new Error('it has no labels')
  return {
    labels: readTexts('labels', labels),
    annotations: readTexts('annotations', annotations ?? {}),
    startsMs: readTime('startsAt', startsAt),
    endsMs: readTime('endsAt', endsAt),
    generatorUrl: typeof generatorURL === 'string' && generatorURL !== '' ? generatorURL : undefined,
  }
}

/** An alert as clients are shown it. @param openEndMs shown of one whose end only a later telling brings */
export function alertJson(
  { alert, status, receivers }: ShownAlert,
  openEndMs: number,
  mutedBy: readonly string[] = [],
) {
  return {
    annotations: alert.annotations,
    endsAt: utc(endOf(alert, openEndMs)),
    fingerprint: alert.fingerprint,
    receivers: receivers.map((name) => ({ name })),
    startsAt: utc(alert.startsMs),
    status: { ...status, state: mutedBy.length > 0 ? 'suppressed' : status.state, mutedBy },
    updatedAt: utc(alert.updatedMs),
    generatorURL: alert.generatorUrl,
    labels: alert.labels,
  }
}

/** A group as clients are shown it. */
export function groupJson({ labels, receiver, mutedBy, alerts }: ShownGroup, openEndMs: number) {
  return {
    alerts: alerts.map((alert) => alertJson(alert, openEndMs, mutedBy)),
    labels,
    receiver: { name: receiver },
    routeLabels: {},
  }
}

/** A time as RFC 3339 in UTC. */
export function utc(ms: number): string {
  return new Date(ms).toISOString()
}

/** A time that may be left out. @returns ms @throws Error */
export function readTime(name: string, value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined
  const text = String(value)
  if (NO_TIME.test(text)) return undefined
  const ms = RFC_3339.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isFinite(ms)) return ms
  throw new Error(`${name} is not a time as RFC 3339 has it`)
}

function endOf({ endsMs }: HeldAlert, openEndMs: number): number {
  return Number.isFinite(endsMs) ? endsMs : openEndMs
}

function readTexts(name: string, value: unknown): Record<string, string> {
  if (!isRecord(value)) throw new Error(`its ${name} are not an object`)
  const wrong = Object.entries(value).find(([, one]) => typeof one !== 'string')
  if (wrong) throw new Error(`its ${name} hold something that is not a text: ${wrong[0]}`)
  return value as Record<string, string>
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
