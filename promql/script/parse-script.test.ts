import { expect, test } from 'vitest'
import type { EvalCommand, LoadCommand, ScriptCommand } from './command.js'
import { parseScript } from './parse-script.js'

const only = <Type extends ScriptCommand['type']>(text: string, type: Type) =>
  parseScript(text).filter((command): command is Extract<ScriptCommand, { type: Type }> => command.type === type)
const load = (text: string): LoadCommand => only(text, 'load')[0]
const evaluation = (text: string): EvalCommand => only(text, 'eval')[0]

test('commands are told apart, with their lines', () => {
  const script = `
# a comment
load 5m
  up 1

clear
eval instant at 50m up
  up 1

EVAL range from 0 to 1m step 30s up
`
  expect(parseScript(script).map(({ type, line }) => `${line} ${type}`)).toEqual([
    '3 load',
    '6 clear',
    '7 eval',
    '10 eval',
  ])
})

test('a block ends at an empty line or a comment', () => {
  expect(load('load 1m\n a 1\n b 1\n# c 1\n\n').series).toHaveLength(2)
})

test('a series given twice in one load is that of its last line', () => {
  expect(load('load 1m\n a 1 2\n b 1\n a 3').series.map(({ items }) => items)).toEqual([[{ value: 3 }], [{ value: 1 }]])
})

test('start times are relative to their points', () => {
  const [series] = load('load 1m\n a@st _ -1m -30s-10sx1 *\n a _ 1 2 3 4').series
  expect(series.startOffsetMs).toEqual([undefined, -60_000, -30_000, -40_000, -40_000])
  const [first, second] = load('load 1m\n @st -1m -2m\n a 1 2 3\n b 1').series
  expect(first.startOffsetMs).toEqual([-60_000, -120_000, -60_000])
  expect(second.startOffsetMs).toEqual([-60_000])
})

test('an eval says when, what, and what must come of it', () => {
  const command = evaluation(`eval range from 1m to 3m step 1m sum by (a) (x)
    expect no_warn
    expect info msg: PromQL info: something (1:1)
    {a="1"} 1 _ 3
    {a="2"} 2x2`)
  expect(command).toMatchObject({
    mode: 'range',
    query: 'sum by (a) (x)',
    times: { startMs: 60_000, endMs: 180_000, stepMs: 60_000 },
  })
  expect(command.expected).toMatchObject({
    warnings: 'none',
    infos: [{ text: 'PromQL info: something (1:1)' }],
    ordered: false,
  })
  expect(command.expected.series.map(({ items }) => items.length)).toEqual([3, 3])
})

test('a number alone is a scalar, and the end of the block', () => {
  expect(evaluation('eval instant at 0 1 + 1\n 2').expected.scalar).toBe(2)
  expect(parseScript('eval instant at 0 1 + 1\n 2\nclear').map(({ type }) => type)).toEqual(['eval', 'clear'])
})

test('the old words still work', () => {
  expect(evaluation('eval_fail instant at 0 x\n expected_fail_message no').expected.failure).toEqual({ text: 'no' })
  expect(evaluation('eval_fail instant at 0 x\n expected_fail_regexp ^n').expected.failure?.regex).toEqual(/^n/)
  expect(evaluation('eval_fail range from 0 to 1m step 1m x').expected.failure).toEqual({})
  expect(evaluation('eval_warn instant at 0 x').expected.warnings).toEqual([{}])
  expect(evaluation('eval_ordered instant at 0 x\n x 1').expected.ordered).toBe(true)
})

test('strings and range vectors', () => {
  expect(evaluation('eval instant at 0 "a"\n expect string "a\\n"').expected.string).toBe('a\n')
  const command = evaluation('eval instant at 5m x[1m]\n expect range vector from 10s to 20s step 10s\n x 1 2')
  expect(command.times.startMs).toBe(20_000)
  expect(command.expected.rangeVector).toEqual({ startMs: 10_000, endMs: 20_000, stepMs: 10_000 })
})

test.each([
  ['load\n a 1', 1],
  ['load 5q', 1],
  ['load 1m\n a 1\n b 1zz', 3],
  ['load 1m\n a@st -1m\n b 1', 3],
  ['load 1m\n a@st -1m -1m\n a 1', 3],
  ['eval instant x', 1],
  ['eval range from 2m to 1m step 1m x', 1],
  ['eval instant at 0 x\n expect nothing', 2],
  ['eval instant at 0 x\n x 1 2', 2],
  ['eval instant at 0 x\n expect warn\n expect no_warn', 1],
  ['evict', 1],
])('%j cannot be read, which is said with its line', (script, line) => {
  const [command] = only(`${script}\n\nclear`, 'unreadable')
  expect(command).toMatchObject({ line, reason: expect.any(String) })
  expect(only(`${script}\n\nclear`, 'clear')).toHaveLength(1)
})
