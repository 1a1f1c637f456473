import type { Message } from '../notify/channel.js'

/** Values that JSON has no number for. */
const NOT_FINITE = new Set(['NaN', 'Infinity', '-Infinity'])

/** A message as it is stored. */
export function messageJson(message: Message): string {
  return JSON.stringify(message, (_, value) =>
    typeof value === 'number' && !Number.isFinite(value) ? { $number: String(value) } : value,
  )
}

/** A message as it was stored. */
export function messageOf(json: unknown): Message {
  return revived(json) as Message
}

function revived(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(revived)
  if (typeof json !== 'object' || json === null) return json
  const { $number } = json as { $number?: unknown }
  if (typeof $number === 'string' && NOT_FINITE.has($number)) return Number($number)
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, revived(value)]))
}
