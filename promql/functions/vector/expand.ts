/** What a regular expression found: the whole match, then its groups by number; undefined where one took no part. */
export interface Found {
  groups: readonly (string | undefined)[]
  /** Name of each group, '' for those without; the whole match at 0. */
  names: readonly string[]
}

type Piece = string | { group: number } | { name: string }

const REFERENCE = /\$(?:\$|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu

/**
 * A replacement with `$1`, `${1}`, `$name`, `${name}` and `$$` as Go's Regexp.Expand reads them: the longest name after
 * `$` counts (`$1x` is the group named `1x`), groups that do not exist are empty, and a `$` that begins none of these
 * is itself. Gives the pieces of the text.
 */
export function replacement(template: string): (found: Found) => string[] {
  const pieces: Piece[] = []
  let from = 0
  for (const match of template.matchAll(REFERENCE)) {
    pieces.push(template.slice(from, match.index), reference(match[1] ?? match[2]))
    from = match.index + match[0].length
  }
  pieces.push(template.slice(from))
  return (found) => pieces.map((piece) => expanded(piece, found))
}

function reference(name: string | undefined): Piece {
  if (name === undefined) return '$'
  return /^(?:0|[1-9]\d{0,7})$/.test(name) ? { group: Number(name) } : { name }
}

function expanded(piece: Piece, { groups, names }: Found): string {
  if (typeof piece === 'string') return piece
  return groups['group' in piece ? piece.group : names.indexOf(piece.name)] ?? ''
}
