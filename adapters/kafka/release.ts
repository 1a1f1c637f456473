/** API key of Produce, and the release that brought each version of it. */
const PRODUCE = 0
const RELEASES: readonly [version: number, release: string][] = [
  [13, '4.1'],
  [12, '4.0'],
  [11, '3.8'],
  [10, '3.7'],
]

/**
 * The Kafka release that a broker is of at least: it does not tell its own, but which versions of each request it takes.
 * Sources: the comments of ProduceRequest.json in Kafka (KIP-951, KIP-890, KIP-516).
 */
export function releaseOf(versions: Readonly<Record<number, { maxVersion: number }>>): string {
  const produce = versions[PRODUCE]?.maxVersion ?? 0
  const newest = RELEASES.find(([version]) => produce >= version)
  return newest ? `${newest[1]} or newer` : 'older than 3.7'
}
