import { textTable } from '../../cli/text-table.js'
import type { Failure, Tally, Worst } from './tally.js'

const SHOWN_CHARACTERS = 300

/** What came of all queries, as a table. */
export function tallyTable(tally: Tally, seconds: number): string {
  const { queries, answered, empty, refused, merged, pushed, slowest, turn } = tally
  const share = (count: number) => `${((100 * count) / Math.max(1, queries)).toFixed(1)} %`
  const counted = (name: string, count: number) => [name, String(count), share(count)]
  return textTable(
    ['queries', String(queries), `${Math.round(queries / seconds)} a second`],
    [
      counted('answered with values', answered),
      counted('answered with nothing', empty),
      ...Object.entries(refused)
        .sort(([, a], [, b]) => b - a)
        .map(([code, count]) => counted(code, count)),
      counted('over the merged view', merged),
      counted('pushed down', pushed),
      worst('slowest', slowest),
      worst('longest turn', turn),
    ],
  )
}

/** A broken law, and all that it takes to see it again. */
export function failureText(seed: number, { query, text, reason, script }: Failure): string {
  return [
    `query ${query} of seed ${seed}: ${shorten(text)}`,
    `  ${reason}`,
    `  repeat it with: npm run fuzz -- --seed ${seed} --from ${query} --queries 1`,
    ...(script === '' ? [] : ['', script]),
  ].join('\n')
}

function worst(name: string, { ms, text }: Worst): string[] {
  return [name, `${ms.toFixed(1)} ms`, shorten(text)]
}

function shorten(text: string): string {
  const line = text.replaceAll('\n', ' ')
  return line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}…` : line
}
