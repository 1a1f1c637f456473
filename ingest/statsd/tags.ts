import type { StatsdDialects } from './dialects.js'

/** Tags by escaped key; a key that stands twice keeps its last value. */
export type Tags = Map<string, string>

/** The label that stands for the metric's name in queries; no tag can be it. */
const METRIC_NAME_LABEL = '__name__'

/** Told of each tag that is left out because its key or value is missing or not allowed. */
export type OnBadTag = (tag: string) => void

/**
 * Splits tags off a metric name: SignalFx brackets first, then the first `#` (Librato) or `,` (Influx).
 * A lone bracket is one bad tag, and the whole text is the name.
 * @returns the name without its tags
 */
export function takeNameTags(name: string, dialects: StatsdDialects, tags: Tags, onBadTag: OnBadTag): string {
  if (dialects.signalfx) {
    const open = name.indexOf('[')
    const close = name.indexOf(']')
    if (open !== -1 && close > open) {
      readTags(name.slice(open + 1, close), '=', tags, onBadTag)
      return name.slice(0, open) + name.slice(close + 1)
    }
    if (open !== -1 || close !== -1) {
      onBadTag(name)
      return name
    }
  }
  const start = firstMark(name, dialects)
  if (start === -1) return name
  readTags(name.slice(start + 1), '=', tags, onBadTag)
  return name.slice(0, start)
}

/** Reads what stands behind DogStatsD's `|#`. Some clients repeat the `#` before each key. */
export function readDogstatsdTags(text: string, tags: Tags, onBadTag: OnBadTag): void {
  readTags(text, ':', tags, onBadTag, '#')
}

/**
 * A tag's key as a label name: every character but ASCII letters, digits and `_` becomes `_`, a run of dashes becomes
 * one, and a leading digit gets a `_` before it.
 */
function escapeTagKey(key: string): string {
  const escaped = key.replaceAll(/-+|[^A-Za-z0-9_]/gu, '_')
  return /^[0-9]/.test(escaped) ? `_${escaped}` : escaped
}

function readTags(text: string, separator: string, tags: Tags, onBadTag: OnBadTag, prefix = ''): void {
  if (text === '') return
  const pieces = text.split(',')
  // One comma at the end closes the list, it does not open another tag.
  if (pieces[pieces.length - 1] === '') pieces.pop()
  for (const piece of pieces) {
    const tag = prefix !== '' && piece.startsWith(prefix) ? piece.slice(prefix.length) : piece
    const at = tag.indexOf(separator)
    const key = at < 1 || at === tag.length - 1 ? '' : escapeTagKey(tag.slice(0, at))
    if (key === '' || key === METRIC_NAME_LABEL) onBadTag(tag)
    else tags.set(key, tag.slice(at + 1))
  }
}

function firstMark(name: string, dialects: StatsdDialects): number {
  const librato = dialects.librato ? name.indexOf('#') : -1
  const influx = dialects.influx ? name.indexOf(',') : -1
  if (librato === -1 || influx === -1) return Math.max(librato, influx)
  return Math.min(librato, influx)
}
