import { parseDuration } from '../../schemas/config/duration.js'
import { labelsKey } from '../labels.js'
import type { EvalCommand, LoadCommand, LoadedSeries, ScriptCommand } from './command.js'
import { ExpectationReader } from './expectation.js'
import { parseSeriesLine } from './series-line.js'
import { parseStartTimesLine, type StartTimesLine } from './start-times.js'

const LOAD = /^load(?:_(with_nhcb))?\s+(\S.*)$/i
const INSTANT = /^eval(?:_(fail|warn|ordered|info))?\s+instant\s+at\s+(\S+)\s+(.+)$/i
const RANGE = /^eval(?:_(fail|warn|info))?\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.+)$/i

/** A line of a block, without blanks around it. */
interface Line {
  number: number
  text: string
}

/**
 * The commands of a test script as Prometheus's promqltest package reads them. A command that does not follow the
 * format becomes `unreadable` with the line and the reason, and the script goes on behind its block.
 */
export function parseScript(text: string): ScriptCommand[] {
  const commands: ScriptCommand[] = []
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .map((line) => (line.startsWith('#') ? '' : line))
  for (let i = 0; i < lines.length; i++) {
    if (lines[i] === '') continue
    const head: Line = { number: i + 1, text: lines[i] }
    const word = head.text.split(/[\t ]+/, 1)[0].toLowerCase()
    if (word === 'clear') {
      commands.push({ type: 'clear', line: head.number })
      continue
    }
    const block: Line[] = []
    for (; i + 1 < lines.length && lines[i + 1] !== ''; i++) block.push({ number: i + 2, text: lines[i + 1] })
    // A block of which all is said ends before its last line: what follows is the next command.
    const { command, read } = readBlock(word, head, block)
    commands.push(command)
    i -= block.length - read
  }
  return commands
}

function readBlock(word: string, head: Line, block: readonly Line[]): { command: ScriptCommand; read: number } {
  let at = head.number
  try {
    if (word.startsWith('load')) {
      const command = readLoad(head, block, (line) => {
        at = line
      })
      return { command, read: block.length }
    }
    if (!word.startsWith('eval')) throw new Error(`"${head.text}" is no command: clear, load and eval are`)
    const { command, expectation } = readEval(head)
    let read = 0
    while (read < block.length && !expectation.isComplete) {
      at = block[read].number
      expectation.add(block[read++].text)
    }
    at = head.number
    return { command: { ...command, ...expectation.result() }, read }
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    return { command: { type: 'unreadable', line: at, reason }, read: block.length }
  }
}

/** @param enter told each line before it is read */
function readLoad(head: Line, block: readonly Line[], enter: (line: number) => void): LoadCommand {
  const match = LOAD.exec(head.text)
  if (!match) throw new Error('a load is written `load 5m` or `load_with_nhcb 5m`')
  const stepMs = parseDuration(match[2])
  const series = new Map<string, LoadedSeries>()
  let defaults: readonly (number | undefined)[] = []
  let starts: (StartTimesLine & { line: number }) | undefined
  for (const { number, text } of block) {
    enter(number)
    const startTimes = parseStartTimesLine(text)
    if (startTimes) {
      if (starts) throw new Error(`the @st line ${starts.line} has no sample line behind it`)
      if (startTimes.labels) starts = { ...startTimes, line: number }
      else defaults = startTimes.offsetsMs
      continue
    }
    const { labels, items } = parseSeriesLine(text)
    const key = labelsKey(labels)
    if (starts) checkStartTimes(starts, key, items.length)
    const startOffsetMs = starts?.offsetsMs ?? cycled(defaults, items.length)
    series.set(key, { line: number, labels, items, startOffsetMs })
    starts = undefined
  }
  if (starts) throw new Error(`the @st line ${starts.line} has no sample line behind it`)
  return {
    type: 'load',
    line: head.number,
    stepMs,
    withCustomBuckets: match[1] !== undefined,
    series: [...series.values()],
  }
}

function checkStartTimes(
  { line, labels, offsetsMs }: StartTimesLine & { line: number },
  key: string,
  items: number,
): void {
  if (labelsKey(labels ?? []) !== key)
    throw new Error(`the @st line ${line} is of another series than the line behind it`)
  if (offsetsMs.length !== items) {
    throw new Error(`the @st line ${line} has ${offsetsMs.length} values and the line behind it ${items}`)
  }
}

function cycled(offsetsMs: readonly (number | undefined)[], length: number): (number | undefined)[] | undefined {
  return offsetsMs.length === 0 ? undefined : Array.from({ length }, (_, i) => offsetsMs[i % offsetsMs.length])
}

function readEval(head: Line): { command: Omit<EvalCommand, 'expected'>; expectation: ExpectationReader } {
  const instant = INSTANT.exec(head.text)
  const range = RANGE.exec(head.text)
  if (instant) {
    const timeMs = parseDuration(instant[2])
    const times = { startMs: timeMs, endMs: timeMs, stepMs: 0 }
    return {
      command: { type: 'eval', line: head.number, query: instant[3], times, mode: 'instant' },
      expectation: new ExpectationReader('instant', times, instant[1]?.toLowerCase()),
    }
  }
  if (!range) {
    throw new Error('an eval is written `eval instant at 5m QUERY` or `eval range from 0 to 10m step 1m QUERY`')
  }
  const times = { startMs: parseDuration(range[2]), endMs: parseDuration(range[3]), stepMs: parseDuration(range[4]) }
  if (times.endMs < times.startMs) throw new Error(`the range ends (${range[3]}) before it starts (${range[2]})`)
  return {
    command: { type: 'eval', line: head.number, query: range[5], times, mode: 'range' },
    expectation: new ExpectationReader('range', times, range[1]?.toLowerCase()),
  }
}
