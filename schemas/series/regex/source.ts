import { ANY, codePointsSource } from './code-points.js'
import type { Edge, RegexNode } from './node.js'

/**
 * The expression for JavaScript, without flags and not anchored. It uses neither look-around nor back-references, which
 * RE2 does not have, so that V8's engine of linear time can run it. Groups keep their numbers.
 */
export function regexSource(node: RegexNode): string {
  switch (node.type) {
    case 'set':
      return codePointsSource(node.set)
    case 'sequence':
      return node.parts
        .map((part) => (part.type === 'choice' ? `(?:${regexSource(part)})` : regexSource(part)))
        .join('')
    case 'choice':
      return node.options.map(regexSource).join('|')
    case 'group':
      return `(${regexSource(node.body)})`
    case 'edge':
      return EDGE_SOURCE[node.edge]
    case 'repeat':
      return repeatSource(node)
  }
}

const EDGE_SOURCE: Readonly<Record<Edge, string>> = {
  start: '(?:^)',
  end: '(?:$)',
  word: '(?:\\b)',
  inside: '(?:\\B)',
}

function repeatSource({ body, least, most, isLazy }: RegexNode & { type: 'repeat' }): string {
  // A run of any characters is a run of any code units: the cheap form of the commonest piece.
  const isAny = body.type === 'set' && body.set === ANY && most === Number.POSITIVE_INFINITY && least <= 1
  const repeated = isAny ? '[^]' : `(?:${regexSource(body)})`
  const limit = most === Number.POSITIVE_INFINITY ? '' : String(most)
  const count =
    limit === '' && least <= 1 ? (least === 0 ? '*' : '+') : least === 0 && most === 1 ? '?' : `{${least},${limit}}`
  return `${repeated}${count}${isLazy ? '?' : ''}`
}
