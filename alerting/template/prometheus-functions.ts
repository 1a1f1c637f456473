import { isIP } from 'node:net'
import { parseDuration } from '../../schemas/config/duration.js'
import { labelsOf, number, samples, string, structOf } from './arguments.js'
import { escapeQuery } from './escape.js'
import { humanize, humanize1024, humanizeDuration, humanizePercentage, humanizeTimestamp, timeOf } from './humanize.js'
import { isMatch, replaceAll } from './regex.js'
import { type GoStruct, type GoValue, TemplateError } from './values.js'

/** What functions may ask. */
export interface FunctionContext {
  /** Samples that a query gives at the time that is judged. */
  query(text: string): readonly GoStruct[]
  /** The time that is judged, ms. */
  timeMs: number
  /** Where users find Tidemark; '' if that is not known. */
  externalUrl: string
}

type TemplateFunction = (args: readonly GoValue[], context: FunctionContext) => GoValue

/** A function, and how many arguments it takes; undefined: any number. */
export type Arity = readonly [call: TemplateFunction, count: number | undefined]

/** Functions of Prometheus's templates, with the results of its template reference. */
export const PROMETHEUS_FUNCTIONS: Readonly<Record<string, Arity>> = {
  query: [([text], { query }) => query(string(text)), 1],
  first: [([result]) => first(samples(result)), 1],
  label: [([name, sample]) => labelsOf(sample).entries.get(string(name)) ?? '', 2],
  value: [([sample]) => structOf(sample).fields.get('Value'), 1],
  strvalue: [([sample]) => labelsOf(sample).entries.get('__value__') ?? '', 1],
  sortByLabel: [([name, result]) => sortByLabel(string(name), samples(result)), 2],
  args: [
    (args) => ({ kind: 'map', entries: new Map(args.map((one, i) => [`arg${i}`, one])), zero: undefined }),
    undefined,
  ],

  humanize: [([value]) => humanize(number(value)), 1],
  humanize1024: [([value]) => humanize1024(number(value)), 1],
  humanizeDuration: [([value]) => humanizeDuration(number(value)), 1],
  humanizePercentage: [([value]) => humanizePercentage(number(value)), 1],
  humanizeTimestamp: [([value]) => humanizeTimestamp(number(value)), 1],
  toTime: [([value]) => ({ kind: 'time', ms: timeOf(number(value)) }), 1],
  toDuration: [([value]) => ({ kind: 'duration', seconds: number(value) }), 1],
  now: [(_, { timeMs }) => timeMs / 1000, 0],
  parseDuration: [([text]) => parseDuration(string(text)) / 1000, 1],

  title: [([text]) => title(string(text)), 1],
  toUpper: [([text]) => string(text).toUpperCase(), 1],
  toLower: [([text]) => string(text).toLowerCase(), 1],
  match: [([pattern, text]) => isMatch(string(pattern), string(text)), 2],
  reReplaceAll: [([pattern, replacement, text]) => replaceAll(string(pattern), string(replacement), string(text)), 3],
  stripPort: [([text]) => splitHostPort(string(text))?.host ?? string(text), 1],
  stripDomain: [([text]) => stripDomain(string(text)), 1],
  safeHtml: [([text]) => string(text), 1],
  urlQueryEscape: [([text]) => escapeQuery(string(text)), 1],

  graphLink: [([text]) => `/graph?g0.expr=${escapeQuery(string(text))}&g0.tab=0`, 1],
  tableLink: [([text]) => `/graph?g0.expr=${escapeQuery(string(text))}&g0.tab=1`, 1],
  externalURL: [(_, { externalUrl }) => externalUrl, 0],
  pathPrefix: [(_, { externalUrl }) => pathOf(externalUrl), 0],
}

function first(result: readonly GoStruct[]): GoStruct {
  if (result.length === 0) throw new TemplateError('first() called on vector with no elements')
  return result[0]
}

function sortByLabel(name: string, result: readonly GoStruct[]): GoStruct[] {
  const key = (sample: GoStruct) => Buffer.from(String(labelsOf(sample).entries.get(name) ?? ''))
  return [...result].sort((a, b) => Buffer.compare(key(a), key(b)))
}

/** Each word with a capital letter: words end at anything but letters, digits and underscores. */
function title(text: string): string {
  return text.replace(/(?<![\p{L}\p{Nd}_])\p{L}/gu, (letter) => letter.toUpperCase())
}

/** As Go's net.SplitHostPort; undefined where that fails. */
function splitHostPort(text: string): { host: string; port: string } | undefined {
  const match = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(text)
  return match ? { host: match[1] ?? match[2], port: match[3] } : undefined
}

/** The first part of a host's name; addresses stay. */
function stripDomain(text: string): string {
  const { host, port } = splitHostPort(text) ?? { host: text, port: '' }
  if (isIP(host)) return text
  const name = host.split('.', 1)[0]
  if (port === '') return name
  return name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`
}

function pathOf(url: string): string {
  if (!URL.canParse(url)) return ''
  const { pathname } = new URL(url)
  return pathname === '/' && !url.endsWith('/') ? '' : pathname
}
