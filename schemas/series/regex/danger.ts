import { childrenOf, type RegexNode } from './node.js'

/** Largest count that V8's engine of linear time takes on. */
const V8_COUNT = 16
/** Places that leave a choice, up to which trying one way after another takes no time worth speaking of. */
const FEW_CHOICES = 2

/**
 * True if an engine that backtracks could take a time on an expression that grows exponentially with the text, or one
 * that V8 would not cut short: a repetition with another one or a choice inside, or several places that leave a choice
 * besides a count that goes far.
 */
export function isDangerous(root: RegexNode): boolean {
  const far = count(root, (node) => node.type === 'repeat' && reach(node) > V8_COUNT)
  return hasNested(root) || (far > 0 && choices(root) > 1)
}

/** True if backtracking may come to what V8 allows before it goes over to linear time: too much for many values. */
export function isSlow(root: RegexNode): boolean {
  return choices(root) > FEW_CHOICES
}

function choices(root: RegexNode): number {
  return count(root, (node) => node.type === 'choice' || (node.type === 'repeat' && node.most > node.least))
}

function reach({ least, most }: RegexNode & { type: 'repeat' }): number {
  return Number.isFinite(most) ? most : least
}

function hasNested(node: RegexNode): boolean {
  const isNested = node.type === 'repeat' && node.most > 1 && count(node.body, isBranching) > 0
  return isNested || childrenOf(node).some(hasNested)
}

function isBranching(node: RegexNode): boolean {
  return node.type === 'choice' || node.type === 'repeat'
}

function count(node: RegexNode, isCounted: (node: RegexNode) => boolean): number {
  return childrenOf(node).reduce((sum, child) => sum + count(child, isCounted), isCounted(node) ? 1 : 0)
}
