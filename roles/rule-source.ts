import type { RuleSource } from '../alerting/ask.js'
import { KeptWindows } from '../serving/kept/kept-windows.js'
import type { MergedQuery } from '../serving/merged-query.js'
import type { MergedView } from '../serving/source.js'
import { NOT_FED } from '../serving/views.js'

/** What rules are judged on. */
export interface JudgedSource {
  open(): Promise<RuleSource>
  /** Up to here all points that came on time can be read, ms; 0 if that is not known. */
  completeThroughMs(): Promise<number>
}

/**
 * The merged view for judging. Windows that the hot store may not have yet are read from the live view: while that
 * covers nothing, no time is judged before they are closed. What was read for one judgement is kept for the next ones.
 * @param hotThroughMs windows that end at or before this are in the hot store, ms
 */
export function judgedSource(view: MergedView, hotThroughMs: () => number): JudgedSource {
  const kept = new KeptWindows()
  return {
    open: async () => new CheckedQuery(await view.open({ kept }), hotThroughMs()),
    async completeThroughMs() {
      const { snapshot, partialReasons, isLiveCovered } = await view.open()
      return partialReasons.size === 0 && isLiveCovered ? snapshot.completeThroughMs : 0
    },
  }
}

/** A query whose answer lacks something if it needs open windows and the live view was not there for them. */
class CheckedQuery implements RuleSource {
  readonly select: RuleSource['select']
  readonly pushdown: RuleSource['pushdown']
  readonly wholeMetrics: RuleSource['wholeMetrics']
  readonly warnings: ReadonlySet<string>
  readonly #query: MergedQuery
  readonly #hotThroughMs: number

  constructor(query: MergedQuery, hotThroughMs: number) {
    this.#query = query
    this.#hotThroughMs = hotThroughMs
    this.warnings = query.warnings
    this.select = (matchers, range, hints) => query.select(matchers, range, hints)
    this.pushdown = (request) => query.pushdown(request)
    this.wholeMetrics = (names, range, hints) => query.wholeMetrics(names, range, hints)
  }

  get partialReasons(): ReadonlySet<string> {
    const { partialReasons, plans, warnings } = this.#query
    const readsOpen = plans.some(({ range }) => range.endMs > this.#hotThroughMs)
    return readsOpen && warnings.has(NOT_FED) ? new Set([...partialReasons, NOT_FED]) : partialReasons
  }
}
