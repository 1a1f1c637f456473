import { type Answer, answerDifference, ask, isEmpty } from './answer.js'
import { instantQuestions, invalidQueries, type Question, questions } from './families.js'

/** Where both servers listen. */
export interface Urls {
  prometheus: string
  tidemark: string
}

/** Of the range queries; instant queries are asked at some of the steps. */
export interface Times {
  startS: number
  endS: number
  stepS: number
}

/** Questions asked at a time. */
const AT_ONCE = 4
/** Of the range: in the sealed part, and in the part that is not. */
const INSTANTS = [0.35, 0.995]

interface Case {
  path: 'query' | 'query_range'
  question: Question
  parameters: Record<string, string>
}

/**
 * Asks both servers everything. @param major of Prometheus's version
 * @param say is told of each difference, and of what cannot be compared
 */
export async function compareAll(
  urls: Urls,
  major: number,
  times: Times,
  say: (line: string) => void,
): Promise<{ passed: number; failed: number; empty: number }> {
  const all = casesOf(times)
  const cases = all.filter(({ question }) => major >= 3 || question.changedSince2 === undefined)
  if (cases.length < all.length) tellLeftOut(all, say)
  const result = { passed: 0, failed: 0, empty: 0 }
  let next = 0
  const askOn = async () => {
    while (next < cases.length) {
      const one = cases[next++]
      const [expected, found] = await both(urls, major, one)
      const difference = answerDifference(expected, found, one.question.ordered ?? false)
      if (difference === undefined) result.passed++
      else result.failed++
      if (difference === undefined && isEmpty(expected)) result.empty++
      if (difference !== undefined) say(`DIFFERS ${describe(one)}: ${difference}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, askOn))
  return result
}

function tellLeftOut(all: readonly Case[], say: (line: string) => void): void {
  const reasons = new Set(all.map(({ question }) => question.changedSince2).filter((reason) => reason !== undefined))
  for (const reason of reasons) {
    const queries = new Set(all.map(({ question }) => question).filter((one) => one.changedSince2 === reason))
    say(`left out, because ${reason}: ${[...new Set([...queries].map(({ query }) => query))].join('; ')}`)
  }
}

function both(urls: Urls, major: number, { path, question, parameters }: Case): Promise<[Answer, Answer]> {
  const { query, inVersion2 = query } = question
  return Promise.all([
    ask(urls.prometheus, path, { ...parameters, query: major < 3 ? inVersion2 : query }),
    ask(urls.tidemark, path, { ...parameters, query }),
  ])
}

function casesOf({ startS, endS, stepS }: Times): Case[] {
  const range = { start: String(startS), end: String(endS), step: String(stepS) }
  const invalid = invalidQueries().map((query): Question => ({ query }))
  const ranged = [...questions(), ...invalid]
  const instant = [...questions(), ...instantQuestions(), ...invalid]
  const steps = INSTANTS.map((share) => startS + Math.floor(((endS - startS) * share) / stepS) * stepS)
  return [
    ...ranged.map((question): Case => ({ path: 'query_range', question, parameters: range })),
    ...steps.flatMap((time) =>
      instant.map((question): Case => ({ path: 'query', question, parameters: { time: String(time) } })),
    ),
  ]
}

function describe({ path, question, parameters }: Case): string {
  return path === 'query_range' ? `${question.query} (range)` : `${question.query} (at ${parameters.time})`
}
