/** Control characters but line feed, and those that reorder or hide the text around them; what joins emoji may stay. */
const UNPRINTABLE = /(?![\n\u200c\u200d])[\p{Cc}\p{Cf}\u2028\u2029]/gu
const LONE_SURROGATE = /\p{Surrogate}/gu

/** The text without what no service can show, or what could make it read otherwise than it is. */
export function printable(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(UNPRINTABLE, ' ').replace(LONE_SURROGATE, '\ufffd')
}

/** The text on one line. */
export function oneLine(text: string): string {
  return printable(text).replace(/\s+/g, ' ').trim()
}

/** At most `limit` UTF-16 units of the text, an ellipsis at its end where something is missing. */
export function clip(text: string, limit: number): string {
  if (text.length <= limit) return text
  const kept = text.slice(0, limit - 1)
  // Half of a pair would be no text.
  const isHalved = /[\ud800-\udbff]$/.test(kept)
  return `${isHalved ? kept.slice(0, -1) : kept}…`
}

/** `a, b, c and 7 more`: at most `limit` of the names. */
export function listed(names: readonly string[], limit: number): string {
  const shown = names.slice(0, limit).map(oneLine).join(', ')
  return names.length > limit ? `${shown} and ${(names.length - limit).toLocaleString('en-US')} more` : shown
}

/** The address if browsers may be led there: http(s), and no longer than every service takes. */
export function webAddress(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const { protocol, href, username } = new URL(text)
  const isWeb = protocol === 'https:' || protocol === 'http:'
  return isWeb && username === '' && href.length <= 2000 ? href : undefined
}
