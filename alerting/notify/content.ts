import { formatDuration } from '../../schemas/config/duration.js'
import type { IncidentView, Message } from './channel.js'
import { clip, listed, oneLine, printable, webAddress } from './text.js'

/** A message as every channel writes it in its own way. All texts are printable. */
export interface Content {
  /** `[P1 firing] api-service: error_rate > 5% on 50/100 hosts in us-east-1`, on one line. */
  headline: string
  /** What people wrote of it; may have several lines. */
  summary?: string
  facts: readonly Fact[]
  /** What became different since the last message. */
  changes: readonly string[]
  links: readonly Link[]
  /** Address of a picture of the chart, https alone: what shows it loads nothing else. */
  image?: string
}

/** A name and a text of one line. */
export type Fact = readonly [name: string, text: string]

/** Somewhere to go. */
interface Link {
  name: 'acknowledge' | 'resolve' | 'incident' | 'chart' | 'logs' | 'runbook'
  label: string
  url: string
}

/** What links are called, in the order in which they are shown. */
const LABELS: Readonly<Record<Link['name'], string>> = {
  acknowledge: 'Acknowledge',
  resolve: 'Resolve',
  incident: 'Incident',
  chart: 'Chart',
  logs: 'Logs',
  runbook: 'Runbook',
}

const HOSTS_SHOWN = 10
const CHANGES_SHOWN = 20
const FACT_LENGTH = 1000

/** What a message says. */
export function contentOf({ action, recipient, incident }: Message): Content {
  const { title, severity, status, annotations, changes, links } = incident
  const word = action === 'remind' ? `still ${status}` : status
  const summary = clip(printable(annotations.description ?? annotations.summary ?? '').trim(), 2500)
  const image = webAddress(links.image ?? '')
  return {
    headline: clip(oneLine(`[${severity} ${word}] ${title}`), FACT_LENGTH),
    ...(summary && { summary }),
    facts: factsOf(incident, recipient),
    changes: changes
      .slice(-CHANGES_SHOWN)
      .map((change) => clip(oneLine(change), 300))
      .filter(Boolean),
    links: linksOf(incident),
    ...(image?.startsWith('https:') && { image }),
  }
}

function factsOf(incident: IncidentView, recipient: string | undefined): Fact[] {
  const { rule, query, groupLabels, acknowledgedBy, startedMs, resolvedMs } = incident
  const labels = Object.entries(groupLabels).filter(([name]) => name !== 'alertname')
  const ended = resolvedMs !== undefined && `${utc(resolvedMs)}, after ${lasted(resolvedMs - startedMs)}`
  const facts: [string, string | false | undefined][] = [
    ['For', recipient],
    ['Value', valueText(incident)],
    ['Hosts', hostsText(incident.hosts)],
    ['Rule', rule],
    ['Query', query],
    ['Labels', labels.map(([name, value]) => `${name}=${value}`).join(', ')],
    ['Started', utc(startedMs)],
    ['Acknowledged by', acknowledgedBy],
    ['Resolved', ended],
  ]
  return facts.flatMap(([name, text]) => {
    const shown = clip(oneLine(text || ''), FACT_LENGTH)
    return shown === '' ? [] : [[name, shown] as const]
  })
}

function valueText({ value, threshold }: IncidentView): string {
  const limit = threshold === undefined ? '' : `threshold ${threshold}`
  if (value === undefined) return limit
  const text = String(Number(value.toPrecision(6)))
  return limit === '' ? text : `${text} (${limit})`
}

function hostsText({ firing, known }: IncidentView['hosts']): string {
  if (firing.length === 0) return ''
  const count = known === undefined ? `${firing.length}` : `${firing.length} of ${known}`
  return `${count}: ${listed(firing, HOSTS_SHOWN)}`
}

function linksOf({ links, status }: IncidentView): Link[] {
  // Once acknowledged there is nothing to acknowledge, and after the end nothing to do.
  const gone = { firing: [], acknowledged: ['acknowledge'], resolved: ['acknowledge', 'resolve'] }[status] as string[]
  return (Object.keys(LABELS) as Link['name'][]).flatMap((name) => {
    const url = gone.includes(name) ? undefined : webAddress(links[name] ?? '')
    return url === undefined ? [] : [{ name, label: LABELS[name], url }]
  })
}

function utc(ms: number): string {
  return new Date(ms)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC')
}

function lasted(ms: number): string {
  return formatDuration(Math.max(1000, Math.round(ms / 1000) * 1000))
}

/** The content as plain text. */
export function plainText({ headline, summary, facts, changes, links }: Content): string {
  const parts = [
    headline,
    summary,
    facts.map(([name, text]) => `${name}: ${text}`).join('\n'),
    changes.length > 0 && ['What changed:', ...changes.map((change) => `- ${change}`)].join('\n'),
    links.map(({ label, url }) => `${label}: ${url}`).join('\n'),
  ]
  return parts.filter(Boolean).join('\n\n')
}
