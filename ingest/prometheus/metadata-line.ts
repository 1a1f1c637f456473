import type { MetricMetadata } from '../../schemas/metadata.js'

const LINE = /^#[ \t]+(HELP|TYPE|UNIT)[ \t]+(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))(?:[ \t]+(.*))?$/
const TYPES: ReadonlySet<string> = new Set([
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
])

/** What a comment line of an exposition says of a metric; undefined for a comment that is only that. */
export function readMetadataLine(text: string): { metric: string; said: Partial<MetricMetadata> } | undefined {
  const match = LINE.exec(text.trim())
  if (!match) return undefined
  const [, keyword, quoted, plain, rest = ''] = match
  const metric = quoted === undefined ? plain : unescaped(quoted)
  if (keyword === 'HELP') return { metric, said: { help: unescaped(rest) } }
  if (keyword === 'UNIT') return { metric, said: { unit: rest.trim() } }
  const type = rest.trim()
  return { metric, said: { type: TYPES.has(type) ? type : 'unknown' } }
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character))
}
