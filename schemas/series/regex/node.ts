import type { CodePoints } from './code-points.js'

/** A regular expression of RE2, read: flags are resolved into its sets and repetitions. */
export type RegexNode =
  /** One code point of a set. */
  | { type: 'set'; set: CodePoints }
  | { type: 'sequence'; parts: readonly RegexNode[] }
  /** The first option that leads to a match counts. */
  | { type: 'choice'; options: readonly RegexNode[] }
  /** `most` may be Infinity. Lazy ones take as little as they can. */
  | { type: 'repeat'; body: RegexNode; least: number; most: number; isLazy: boolean }
  /** Captures under its number, from 1. */
  | { type: 'group'; body: RegexNode; number: number }
  /** Start and end of the text, a word boundary, or a place that is none. */
  | { type: 'edge'; edge: Edge }

export type Edge = 'start' | 'end' | 'word' | 'inside'

/** What stands directly inside a node. */
export function childrenOf(node: RegexNode): readonly RegexNode[] {
  if (node.type === 'sequence') return node.parts
  if (node.type === 'choice') return node.options
  return node.type === 'repeat' || node.type === 'group' ? [node.body] : []
}
