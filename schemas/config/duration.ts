const UNIT_MS = { y: 31_536_000_000, w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const
const SYNTAX = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/

/** Pattern of a duration for schemas: units y w d h m s ms, biggest first, no fractions. */
export const DURATION_PATTERN = '^(0|(\\d+y)?(\\d+w)?(\\d+d)?(\\d+h)?(\\d+m)?(\\d+s)?(\\d+ms)?)$'

/**
 * A Prometheus duration (`10s`, `1m30s`, `7d`, `0`) in ms.
 * @throws Error that says what a duration looks like
 */
export function parseDuration(text: string): number {
  if (text === '0') return 0
  const match = text === '' ? null : SYNTAX.exec(text)
  if (!match) throw new Error(`"${text}" is not a duration: write 10s, 1m30s, 7d (units y w d h m s ms, biggest first)`)
  return Object.values(UNIT_MS).reduce((total, unit, i) => total + unit * Number(match[i + 1] ?? 0), 0)
}

/** Writes ms as a duration: 90000 gives `1m30s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0'
  let left = Math.abs(Math.round(ms))
  let text = ''
  for (const [unit, unitMs] of Object.entries(UNIT_MS)) {
    if (unit === 'y' || unit === 'w') continue
    const n = Math.floor(left / unitMs)
    if (n > 0) text += `${n}${unit}`
    left -= n * unitMs
  }
  return ms < 0 ? `-${text}` : text
}
