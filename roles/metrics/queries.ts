import { Counter, Histogram, Registry } from 'prom-client'
import type { QueryObserver } from '../../serving/views.js'
import type { ForeignFamily } from './process-metrics.js'

/** What the process that answers queries counts; the process that started it shows it. */
export class QueryMetrics implements QueryObserver {
  readonly #registry = new Registry()
  readonly #seconds = new Histogram({
    name: 'tidemark_query_duration_seconds',
    help: 'How long queries took until their answer could be sent.',
    labelNames: ['type'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers: [this.#registry],
  })
  readonly #failures = new Counter({
    name: 'tidemark_query_failures_total',
    help: 'Queries that were answered with an error, by its code.',
    labelNames: ['code'],
    registers: [this.#registry],
  })
  readonly #partial = new Counter({
    name: 'tidemark_partial_answers_total',
    help: 'Answers that lack what some view could not give.',
    registers: [this.#registry],
  })
  readonly #cache = new Counter({
    name: 'tidemark_answer_cache_requests_total',
    help: 'Queries whose answer was looked for among those given before, and whether it was there.',
    labelNames: ['result'],
    registers: [this.#registry],
  })

  answered({ type, ms, isPartial }: Parameters<QueryObserver['answered']>[0]): void {
    this.#seconds.observe({ type }, ms / 1000)
    if (isPartial) this.#partial.inc()
  }

  failed(code: string): void {
    this.#failures.inc({ code })
  }

  lookedUp(isKept: boolean): void {
    this.#cache.inc({ result: isKept ? 'hit' : 'miss' })
  }

  /** For another process, as JSON can carry it. */
  families(): Promise<ForeignFamily[]> {
    return this.#registry.getMetricsAsJSON() as Promise<ForeignFamily[]>
  }
}
