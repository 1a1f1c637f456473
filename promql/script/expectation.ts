import { parseDuration } from '../../schemas/config/duration.js'
import { unquote } from '../string-literal.js'
import type { EvalCommand, Expectation, ExpectedAnnotations, ExpectedSeries, TextPattern } from './command.js'
import { parseScriptNumber, parseSeriesLine } from './series-line.js'

type Times = EvalCommand['times']

const RANGE_VECTOR = /^expect range vector\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)$/
const EXPECT = /^expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?$/
const ANYTHING: TextPattern = {}

/** Collects the lines under an eval. */
export class ExpectationReader {
  /** True once a line has said all: the ones behind it belong to the next command. */
  isComplete = false
  readonly #series: ExpectedSeries[] = []
  readonly #said = new Map<string, TextPattern[]>()
  #scalar: number | undefined
  #string: string | undefined
  #rangeVector: Times | undefined

  /** @param form of the old words: `fail` of `eval_fail` */
  constructor(
    private readonly mode: EvalCommand['mode'],
    private readonly times: Times,
    private readonly form?: string,
  ) {
    if (form) this.#said.set(form, [ANYTHING])
  }

  /** @throws Error that says what cannot be read */
  add(line: string): void {
    if (this.form === 'fail' && /^expected_fail_(?:message|regexp)/.test(line)) this.#oldFailure(line)
    else if (line.startsWith('expect range vector')) this.#rangeVector = rangeVectorTimes(line)
    else if (line.startsWith('expect string')) this.#string = unquote(line.slice('expect string'.length).trim())
    else if (line.split(' ', 1)[0] === 'expect') this.#expect(line)
    else this.#value(line)
  }

  /** What was said, and the times it is about. @throws Error if it contradicts itself */
  result(): { times: Times; expected: Expectation } {
    for (const kind of ['warn', 'info']) {
      if (this.#said.has(kind) && this.#said.has(`no_${kind}`)) {
        throw new Error(`expect ${kind} and expect no_${kind} contradict each other`)
      }
    }
    const failures = this.#said.get('fail') ?? []
    if (failures.length > 1) throw new Error('one `expect fail` line is the most there can be')
    const rangeVector = this.#rangeVector
    return {
      times: rangeVector ? { startMs: rangeVector.endMs, endMs: rangeVector.endMs, stepMs: 0 } : this.times,
      expected: {
        scalar: this.#scalar,
        string: this.#string,
        series: this.#series,
        rangeVector,
        ordered: this.#said.has('ordered'),
        failure: failures[0],
        warnings: this.#annotations('warn'),
        infos: this.#annotations('info'),
      },
    }
  }

  #annotations(kind: string): ExpectedAnnotations {
    return this.#said.has(`no_${kind}`) ? 'none' : (this.#said.get(kind) ?? 'any')
  }

  #oldFailure(line: string): void {
    const [, word, text] = /^expected_fail_(message|regexp)\s*(.*)$/.exec(line) ?? []
    this.#said.set('fail', [word === 'message' ? { text } : { regex: new RegExp(text) }])
    this.isComplete = true
  }

  #expect(line: string): void {
    const match = EXPECT.exec(line)
    if (!match) throw new Error(`"${line}" cannot be read: write expect warn, or expect warn msg: TEXT`)
    const [, kind, how, text] = match
    const pattern = how === undefined ? ANYTHING : how === 'msg' ? { text: text.trim() } : { regex: regex(text.trim()) }
    const said = this.#said.get(kind)
    if (said) said.push(pattern)
    else this.#said.set(kind, [pattern])
  }

  #value(line: string): void {
    const scalar = parseScriptNumber(line)
    if (scalar !== undefined) {
      this.#scalar = scalar
      this.isComplete = true
      return
    }
    const series = parseSeriesLine(line)
    if (series.items.length > 1 && this.mode === 'instant' && !this.#rangeVector) {
      throw new Error('an instant eval has one value a series; a range vector needs `expect range vector` before it')
    }
    this.#series.push(series)
  }
}

function rangeVectorTimes(line: string): Times {
  const match = RANGE_VECTOR.exec(line)
  if (!match) throw new Error('write `expect range vector from 10s to 1m step 10s`')
  const [startMs, endMs, stepMs] = match.slice(1).map(parseDuration)
  if (endMs < startMs) throw new Error(`the range vector ends (${match[2]}) before it starts (${match[1]})`)
  return { startMs, endMs, stepMs }
}

function regex(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'u')
  } catch {
    return new RegExp(pattern)
  }
}
