import type { Expr } from '../ast.js'
import type { Grid } from './context.js'
import type { Evaluated } from './values.js'

/** One part of a query as it was evaluated. */
export interface NodeStats {
  /** Its text in the query. */
  text: string
  type: Expr['type']
  /** Samples that it read from the source, or that its range function looked at. */
  samples: number
  /** Series that it gave. */
  series: number
  /** Time that it took, its parts among it, ms. */
  ms: number
  /** True if the source computed it. */
  pushedDown: boolean
  parts: NodeStats[]
}

/** What a query read. */
export interface QueryStats {
  /** Samples looked at over all steps (Prometheus: totalQueryableSamples). */
  totalSamples: number
  /** Most samples held at a time. */
  peakSamples: number
  /** Samples looked at for each step of the query: left out unless asked for. */
  samplesPerStep?: Float64Array
  /** The query as a tree: left out unless asked for. */
  plan?: NodeStats
}

/** Keeps account of an evaluation; of its parts and steps only where that was asked for. */
export class Trace {
  total = 0
  readonly perStep: Float64Array | undefined
  #top: NodeStats | undefined
  #open: NodeStats | undefined
  readonly #noted = new Map<Expr, NodeStats>()

  constructor(
    readonly detailed: boolean,
    readonly query: Grid,
    private readonly text: string,
    private readonly now: () => number,
  ) {
    if (detailed) this.perStep = new Float64Array(query.steps)
  }

  /** The whole query, once it has been evaluated. */
  get plan(): NodeStats | undefined {
    return this.#top
  }

  /** Evaluates a part and notes what it took. */
  async part(expr: Expr, evaluate: () => Promise<Evaluated>): Promise<Evaluated> {
    if (!this.detailed || expr.type === 'stepInvariant') return evaluate()
    const node = this.#note(expr)
    const outer = this.#open
    const startedMs = this.now()
    this.#open = node
    try {
      const evaluated = await evaluate()
      const series = evaluated.type === 'vector' ? evaluated.series.length : 1
      node.series = Math.max(node.series, series)
      return evaluated
    } finally {
      node.ms += this.now() - startedMs
      this.#open = outer
    }
  }

  /** Counts samples that the part that is being evaluated looked at. */
  look(samples: number): void {
    if (this.#open) this.#open.samples += samples
  }

  /** Counts samples of a step of the query. */
  countAt(step: number, samples: number): void {
    this.total += samples
    if (this.perStep) this.perStep[step] += samples
  }

  /** Counts samples that every step of the query has. */
  countAtEvery(samples: number): void {
    for (let step = 0; step < this.query.steps; step++) this.countAt(step, samples)
  }

  /** The part that is being evaluated was computed by the source. */
  pushedDown(): void {
    if (this.#open) this.#open.pushedDown = true
  }

  /** A part is noted once, however many stretches it is evaluated in. */
  #note(expr: Expr): NodeStats {
    const noted = this.#noted.get(expr)
    if (noted) return noted
    const text = this.text.slice(expr.span.from, expr.span.to)
    const node = { text, type: expr.type, samples: 0, series: 0, ms: 0, pushedDown: false, parts: [] }
    if (this.#open) this.#open.parts.push(node)
    else this.#top = node
    this.#noted.set(expr, node)
    return node
  }
}
