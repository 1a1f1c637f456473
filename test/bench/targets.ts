/** What a figure should reach, and what the best peer reaches on the same shape of data. */
export interface Target {
  /** What the project asks of itself, in the figure's unit. */
  reach?: number
  aim?: number
  /** Whether a larger value is the better one. */
  better: 'more' | 'less'
  peer?: Peer
}

/** A peer's figure as it was measured. */
interface Peer {
  name: string
  /** In the figure's unit. */
  value?: number
  /** CPU of the peer's process, seconds per million points. */
  cpuSecondsPerMillion?: number
}

/**
 * Peers were measured on 2026-11-23 on a machine of 2 cores, client and server on the same box, ± 20 %: VictoriaMetrics
 * v0.0.0-20250718 (Influx over HTTP, no aggregation), Kafka Streams 4.1.0 on OpenJDK 17 (live objects on the heap,
 * nothing survives a crash; 20-byte binary records as input, code warm), on the shapes of shapes.ts.
 * Rates of peers are those of 2 cores; the windows of this project are computed on one.
 */
export const TARGETS: Readonly<Record<string, Target>> = {
  'ingest low10k': {
    reach: 400_000,
    aim: 1_000_000,
    better: 'more',
    peer: { name: 'VictoriaMetrics', value: 1_076_000, cpuSecondsPerMillion: 0.83 },
  },
  'ingest low100k': {
    reach: 400_000,
    aim: 1_000_000,
    better: 'more',
    peer: { name: 'VictoriaMetrics', value: 639_000, cpuSecondsPerMillion: 2.26 },
  },
  'ingest dense1k': {
    reach: 400_000,
    aim: 1_000_000,
    better: 'more',
    peer: { name: 'VictoriaMetrics', value: 734_000, cpuSecondsPerMillion: 1.19 },
  },
  'windows low10k': {
    reach: 500_000,
    aim: 1_000_000,
    better: 'more',
    peer: { name: 'Kafka Streams, heap', value: 530_000, cpuSecondsPerMillion: 2.88 },
  },
  'windows low100k': {
    better: 'more',
    peer: { name: 'Kafka Streams, heap', value: 467_000, cpuSecondsPerMillion: 3.32 },
  },
  'windows dense1k': {
    reach: 2_000_000,
    aim: 5_000_000,
    better: 'more',
    peer: { name: 'Kafka Streams, heap', value: 1_410_000, cpuSecondsPerMillion: 1.34 },
  },
  'recompute dense1k': { reach: 5_000_000, aim: 10_000_000, better: 'more' },
  'recompute low10k': { better: 'more' },
  'archive-size block': { reach: 4, aim: 2, better: 'less', peer: { name: 'VictoriaMetrics, 30 d', value: 1.88 } },
  'visible p50': { better: 'less' },
  'visible p99': { reach: 5, aim: 2, better: 'less' },
  'memory pss': { reach: 600, aim: 400, better: 'less' },
  'memory rss': { better: 'less' },
  'nab standard': { reach: 55, aim: 75, better: 'more', peer: { name: 'ARTime', value: 74.9 } },
  'nab low FP': { better: 'more', peer: { name: 'contextOSE', value: 67 } },
  'nab low FN': { better: 'more', peer: { name: 'ARTime', value: 80.4 } },
  'paging p50': { better: 'less' },
  'paging p99': { reach: 60, aim: 30, better: 'less' },
  'paging, lateness 2 s p50': { better: 'less' },
  'paging, lateness 2 s p99': { reach: 60, aim: 15, better: 'less' },
  'paging, lateness 5 s p50': { better: 'less' },
  'paging, lateness 5 s p99': { reach: 60, aim: 15, better: 'less' },
  'rules: evaluation lag p50': { better: 'less' },
  'rules: evaluation lag p99': { aim: 2, better: 'less' },
  'rules: CPU a round': { better: 'less' },
}
